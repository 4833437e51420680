package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Formats of lists that can be imported.
const (
	listText = "text" // a target a line
	listCSV  = "csv"
	listJSON = "json" // a list of items or of blocks, or a request
)

// listFormats are all formats by name.
func listFormats() []string { return []string{listText, listCSV, listJSON} }

// formatOf guesses a list's format by the file's name, or else by how it begins.
func formatOf(name string, data []byte) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return listCSV
	case ".json":
		return listJSON
	}
	if begin := bytes.TrimSpace(data); len(begin) > 0 && (begin[0] == '[' || begin[0] == '{') {
		return listJSON
	}
	return listText
}

// readBlocklist reads the items of a list. All that is wrong is told at once,
// with its line.
func readBlocklist(format string, data []byte, now time.Time) ([]wire.BulkItem, error) {
	switch format {
	case listText:
		return readLines(data)
	case listCSV:
		return readCSV(data)
	case listJSON:
		return readItems(data, now)
	}
	return nil, fmt.Errorf("format %q: want %s", format, strings.Join(listFormats(), ", "))
}

// maxListMistakes is how many wrong lines are told.
const maxListMistakes = 10

// listMistakes collects what is wrong in a list.
type listMistakes struct {
	errs []error
	more int
}

func (m *listMistakes) add(line int, err error) {
	if len(m.errs) == maxListMistakes {
		m.more++
		return
	}
	m.errs = append(m.errs, fmt.Errorf("line %d: %w", line, err))
}

func (m *listMistakes) err() error {
	if m.more > 0 {
		m.errs = append(m.errs, fmt.Errorf("and %d more", m.more))
	}
	return errors.Join(m.errs...)
}

// readLines reads a target a line; what follows # or ; is a comment.
func readLines(data []byte) ([]wire.BulkItem, error) {
	var items []wire.BulkItem
	var wrong listMistakes
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text := withoutComment(lines.Text())
		if text == "" {
			continue
		}
		target, err := wire.ParseCriteria(text)
		if err != nil {
			wrong.add(n, err)
			continue
		}
		items = append(items, wire.BulkItem{Target: target})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the list: %w", err)
	}
	return items, wrong.err()
}

// withoutComment takes off what begins with # or ; at the beginning of a line
// or after a space: either may stand in a value.
func withoutComment(line string) string {
	line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
	for i := range len(line) {
		if (line[i] == '#' || line[i] == ';') && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return strings.TrimSpace(line[:i])
		}
	}
	return line
}

// exportedItem is an item, or a block as `blocks list --json` prints it, of
// which only what makes it is taken over.
type exportedItem struct {
	wire.BulkItem
	ExpiresAt *time.Time `json:"expires_at"`

	ID          json.RawMessage `json:"id"`
	CreatedAt   json.RawMessage `json:"created_at"`
	Rule        json.RawMessage `json:"rule"`
	RuleVersion json.RawMessage `json:"rule_version"`
	Findings    json.RawMessage `json:"findings"`
	By          json.RawMessage `json:"by"`
	ApprovedBy  json.RawMessage `json:"approved_by"`
	Batch       json.RawMessage `json:"batch"`
	Repeat      json.RawMessage `json:"repeat"`
	Revision    json.RawMessage `json:"revision"`
}

// readItems reads JSON: a list of items or of blocks, or an object with them
// under "items". A block lasts for what is left of it; one that is over is
// left out.
func readItems(data []byte, now time.Time) ([]wire.BulkItem, error) {
	list, err := decodeItems(data)
	if err != nil {
		return nil, err
	}
	items := make([]wire.BulkItem, 0, len(list))
	for i, e := range list {
		if len(e.Target) == 0 {
			return nil, fmt.Errorf("item %d has no target", i)
		}
		if e.ExpiresAt != nil {
			if e.LifetimeSeconds = int64(e.ExpiresAt.Sub(now) / time.Second); e.LifetimeSeconds < 1 {
				continue
			}
		}
		items = append(items, e.BulkItem)
	}
	return items, nil
}

func decodeItems(data []byte) ([]exportedItem, error) {
	var whole struct {
		Items []exportedItem `json:"items"`
	}
	var into any = &whole.Items
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		into = &whole
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return nil, fmt.Errorf(`want a list of {"target": …}, or an object with one under "items": %w`, err)
	}
	return whole.Items, nil
}
