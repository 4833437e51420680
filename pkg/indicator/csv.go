package indicator

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// ColumnRoles are what a column of a table can hold; the value is the first.
func ColumnRoles() []string {
	return []string{"value", "kind", "confidence", "labels", "reference", "source", "seen", "from", "until"}
}

// columns is where each role's column is, from 0; a role without one is not
// in it.
type columns map[string]int

// csv reads a table with an indicator a row. A header is looked for when
// columns are named: in the first row, or in the comments before it.
func (r *reader) csv() error {
	t := r.options.Table
	where, err := t.numbered()
	if err != nil {
		return err
	}
	found, comment := where != nil, ""
	skip := found && t.Header
	r.lines(func(number int, line string) {
		switch text := strings.TrimSpace(line); {
		case err != nil || text == "":
		case isComment(text):
			comment = strings.TrimLeft(text, "#;/! ")
		case !found:
			found = true
			if where = t.named(t.split(comment)); where == nil {
				if where = t.named(t.split(line)); where == nil {
					err = t.missing(line)
				}
				return
			}
			r.row(number, line, where)
		case skip:
			skip = false
		default:
			r.row(number, line, where)
		}
	})
	return err
}

// numbered gives the columns when all are numbers, nil when they are named.
func (t Table) numbered() (columns, error) {
	if t.Columns["value"] == "" {
		return nil, errors.New(`a table without a column for the value: set columns: {value: …} to its name or number`)
	}
	where, names := columns{}, 0
	for role, column := range t.Columns {
		if !slices.Contains(ColumnRoles(), role) {
			return nil, fmt.Errorf("columns can hold %s, not %q", strings.Join(ColumnRoles(), ", "), role)
		}
		n, err := strconv.Atoi(column)
		if err != nil {
			names++
			continue
		}
		if n < 1 {
			return nil, errors.New("columns are numbered from 1")
		}
		where[role] = n - 1
	}
	if names > 0 {
		return nil, nil
	}
	return where, nil
}

// named finds the columns in a header; nil when one is not there.
func (t Table) named(header []field) columns {
	where := columns{}
	for role, column := range t.Columns {
		if n, err := strconv.Atoi(column); err == nil {
			where[role] = n - 1
			continue
		}
		i := slices.IndexFunc(header, func(f field) bool { return strings.EqualFold(f.text, column) })
		if i < 0 {
			return nil
		}
		where[role] = i
	}
	return where
}

func (t Table) missing(header string) error {
	var names []string
	for _, f := range t.split(header) {
		names = append(names, f.text)
	}
	for _, role := range ColumnRoles() {
		column := t.Columns[role]
		if _, err := strconv.Atoi(column); err == nil || column == "" || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, column) }) {
			continue
		}
		if meant := mistake.Nearest(column, names); meant != "" {
			return fmt.Errorf("there is no column %q: did you mean %q?", column, meant)
		}
		return fmt.Errorf("there is no column %q; there are %q", column, cut(strings.Join(names, ", ")))
	}
	return errors.New("there is no header")
}

// field is one field of a row, and the column of its text in the line, from 1.
type field struct {
	text string
	at   int
	open bool // its quote is not closed
}

// split cuts a row into fields; quoted ones may hold the separator, and quotes
// that are doubled.
func (t Table) split(line string) []field {
	separator := t.Separator
	if separator == 0 {
		separator = ','
	}
	var fields []field
	for at := 0; ; {
		for at < len(line) && line[at] == ' ' && separator != ' ' {
			at++
		}
		text, end, open := unquoted(line, at, separator)
		fields = append(fields, field{text: strings.TrimSpace(text), at: at + 1, open: open})
		next := strings.IndexByte(line[end:], separator)
		if next < 0 {
			return fields
		}
		at = end + next + 1
	}
}

// unquoted reads the field at a place of a line; end is where to look for the
// next separator, and open that a quote is not closed.
func unquoted(line string, at int, separator byte) (text string, end int, open bool) {
	if at >= len(line) || line[at] != '"' {
		if n := strings.IndexByte(line[at:], separator); n >= 0 {
			return line[at : at+n], at + n, false
		}
		return line[at:], len(line), false
	}
	var s strings.Builder
	for i := at + 1; i < len(line); i++ {
		if line[i] != '"' {
			s.WriteByte(line[i])
			continue
		}
		if i+1 >= len(line) || line[i+1] != '"' {
			return s.String(), i + 1, false
		}
		s.WriteByte('"')
		i++
	}
	return s.String(), len(line), true
}

// row takes one row of a table.
func (r *reader) row(number int, line string, where columns) {
	fields := r.options.Table.split(line)
	if last := fields[len(fields)-1]; last.open {
		r.refuse(place{number, last.at}, errors.New("a quote that is not closed on its line"))
		return
	}
	get := func(role string) (string, place) {
		i, ok := where[role]
		if !ok || i >= len(fields) {
			return "", place{number, 1}
		}
		return fields[i].text, place{number, fields[i].at}
	}
	value, at := get("value")
	if value == "" {
		r.refuse(at, fmt.Errorf("a row of %d fields without a value", len(fields)))
		return
	}
	e := entry{Indicator: Indicator{Kind: r.options.Kind, Value: value}}
	for _, role := range ColumnRoles()[1:] {
		text, at := get(role)
		if text == "" {
			continue
		}
		err := e.set(role, text)
		if errors.Is(err, errElsewhere) {
			r.report.LeftOut[leftElsewhere]++
			return
		}
		if err != nil {
			r.refuse(at, err)
			return
		}
	}
	r.take(at, e)
}

// set reads what a column says besides the value.
func (e *entry) set(role, text string) error {
	switch role {
	case "kind":
		return e.readKind(text)
	case "confidence":
		return e.readConfidence(text)
	case "labels":
		e.Labels = strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(",;| ", c) })
	case "reference":
		e.Reference = text
	case "source":
		e.Source = text
	case "seen":
		return readTime(text, &e.seen)
	case "from":
		return readTime(text, &e.From)
	case "until":
		return readTime(text, &e.Until)
	}
	return nil
}

// errElsewhere is that of kinds that do not show in requests, such as hashes
// of files.
var errElsewhere = errors.New("not to be seen in requests")

// readKind reads a kind as tables name it.
func (e *entry) readKind(text string) error {
	switch name := strings.ToLower(text); name {
	case "ip", "ipv4", "ipv6", "ip:port", "ip-src", "ip-dst", "cidr", "netblock", "ipv4-addr", "ipv6-addr":
		e.Kind = Address
	case "hostname", "fqdn", "host", "domain-name":
		e.Kind = Domain
	case "uri":
		e.Kind = URL
	case "user-agent", "useragent":
		e.Kind = UserAgent
	case "ja3", "ja4", "ja3-fingerprint-md5":
		e.Kind = Fingerprint
	default:
		kind, err := ParseKind(name)
		if err != nil {
			return errElsewhere
		}
		e.Kind = kind
	}
	return nil
}

// readConfidence reads a number from 0 to 100, or a word.
func (e *entry) readConfidence(text string) error {
	switch strings.ToLower(text) {
	case "low":
		e.Confidence = 25
	case "medium", "moderate":
		e.Confidence = 50
	case "high":
		e.Confidence = 85
	default:
		n, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
		if err != nil || !(n >= 0 && n <= 100) {
			return fmt.Errorf("confidence %q: want 0 to 100, or low, medium or high", cut(text))
		}
		e.Confidence = int(n)
	}
	e.confident = true
	return nil
}

// readTime reads a time, in UTC when it names no zone, or Unix seconds.
func readTime(text string, into *time.Time) error {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 1e8 && n < 1e11 {
		*into = time.Unix(n, 0).UTC()
		return nil
	}
	text = strings.TrimSuffix(text, " UTC")
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			*into = t.UTC()
			return nil
		}
	}
	return fmt.Errorf("time %q: want one such as 2026-01-31T12:00:00Z", cut(text))
}
