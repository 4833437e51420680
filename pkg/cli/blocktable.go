package cli

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// csvColumns are the columns that are known, and what each sets.
func csvColumns() map[string]func(item *wire.BulkItem, text string) error {
	return map[string]func(*wire.BulkItem, string) error{
		"target":  setTarget,
		"segment": func(i *wire.BulkItem, s string) error { i.Segment = s; return nil },
		"reason":  func(i *wire.BulkItem, s string) error { i.Reason = s; return nil },
		"action": func(i *wire.BulkItem, s string) error {
			i.Action = new(block.Action)
			return i.Action.UnmarshalText([]byte(s))
		},
		"mode": func(i *wire.BulkItem, s string) error {
			i.Mode = new(block.Mode)
			return i.Mode.UnmarshalText([]byte(s))
		},
		"percent":  func(i *wire.BulkItem, s string) (err error) { i.Percent, err = parsePercent(s); return err },
		"lifetime": func(i *wire.BulkItem, s string) (err error) { i.LifetimeSeconds, err = parseLifetime(s); return err },
		"status":   func(i *wire.BulkItem, s string) (err error) { termsOf(i).Status, err = strconv.Atoi(s); return err },
		"body":     func(i *wire.BulkItem, s string) error { termsOf(i).Body = s; return nil },
		"header":   func(i *wire.BulkItem, s string) error { termsOf(i).Header = s; return nil },
		"value":    func(i *wire.BulkItem, s string) error { termsOf(i).Value = s; return nil },
		"rate": func(i *wire.BulkItem, s string) (err error) {
			termsOf(i).Rate, err = strconv.ParseFloat(s, 64)
			return err
		},
		"burst": func(i *wire.BulkItem, s string) (err error) { termsOf(i).Burst, err = strconv.Atoi(s); return err },
		"each":  func(i *wire.BulkItem, s string) (err error) { termsOf(i).Each, err = strconv.ParseBool(s); return err },
	}
}

func setTarget(item *wire.BulkItem, text string) (err error) {
	item.Target, err = wire.ParseCriteria(text)
	return err
}

func termsOf(item *wire.BulkItem) *block.Terms {
	if item.Terms == nil {
		item.Terms = new(block.Terms)
	}
	return item.Terms
}

func parsePercent(s string) (uint8, error) {
	n, err := strconv.ParseUint(strings.TrimSuffix(s, "%"), 10, 8)
	return uint8(n), err
}

// parseLifetime reads "4h", "7d" or a number of seconds.
func parseLifetime(s string) (int64, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseInt(days, 10, 32)
		return n * 24 * 3600, err
	}
	d, err := time.ParseDuration(s)
	return int64(d / time.Second), err
}

// readCSV reads a table whose first line names its columns.
func readCSV(data []byte) ([]wire.BulkItem, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.TrimLeadingSpace, r.Comment, r.ReuseRecord = true, '#', true
	r.FieldsPerRecord = 0 // as many as the first line
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("the first line of the table: %w", err)
	}
	setters, err := columnsOf(head)
	if err != nil {
		return nil, err
	}
	var items []wire.BulkItem
	var wrong listMistakes
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return items, wrong.err()
		}
		if err != nil {
			return nil, fmt.Errorf("read the table: %w", err)
		}
		var item wire.BulkItem
		if err := fillRow(&item, setters, row); err != nil {
			line, _ := r.FieldPos(0)
			wrong.add(line, err)
		}
		items = append(items, item)
	}
}

type csvSetter struct {
	name string
	set  func(*wire.BulkItem, string) error
}

func columnsOf(head []string) ([]csvSetter, error) {
	known := csvColumns()
	setters := make([]csvSetter, len(head))
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		set, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("the column %q of the table is unknown: the first line names the columns, of %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
		setters[i] = csvSetter{name, set}
	}
	if !slices.ContainsFunc(setters, func(s csvSetter) bool { return s.name == "target" }) {
		return nil, errors.New("the table has no column target")
	}
	return setters, nil
}

func fillRow(item *wire.BulkItem, setters []csvSetter, row []string) error {
	for i, text := range row {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if err := setters[i].set(item, text); err != nil {
			return fmt.Errorf("%s: %w", setters[i].name, err)
		}
	}
	if len(item.Target) == 0 {
		return errors.New("target: there is none")
	}
	return nil
}
