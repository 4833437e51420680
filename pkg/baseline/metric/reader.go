// Package metric reads one metric from CSV as any monitoring system exports
// it: a header, a column of times, a column of numbers.
//
// It imports what names mistakes, and reads the stream that it is given, row
// by row in constant memory. It never opens a file, and never reorders, fills
// or drops a row.
package metric

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

const byteOrderMark = "\xef\xbb\xbf"

// Options name the input and its columns. A column is matched exactly, else
// without regard to case.
type Options struct {
	File  string // for messages
	Time  string // column of times
	Value string // column of values
}

// Row is one row. Its texts stay valid until the next row is read.
type Row struct {
	Line      int     // of the file, 1-based, on which the row begins
	Time      int64   // nanoseconds since 1970, UTC where the text names no zone
	Value     float64 // NaN where there is none
	TimeText  []byte  // as it was written, without CSV's quotes
	ValueText []byte
}

// Missing tells whether the row has no value.
func (row *Row) Missing() bool { return math.IsNaN(row.Value) }

// Reader reads rows. It is not safe for concurrent use.
type Reader struct {
	o           Options
	records     records
	header      []string
	time, value int
	decimal     byte // what stands before fractions, besides a point
}

// NewReader reads the header of a CSV, which may begin with a byte order mark
// and be divided by commas, semicolons, tabs or bars.
// What is wrong with the text is a mistake.Mistake.
func NewReader(in io.Reader, o Options) (*Reader, error) {
	r := &Reader{o: o}
	r.records.in = bufio.NewReaderSize(in, longestLine)
	line, err := r.records.line()
	switch {
	case err == io.EOF:
		return nil, r.wrong(0, "is empty", "the first line has to name the columns")
	case err != nil:
		return nil, r.failed(err)
	case bytes.IndexByte(line, 0) >= 0:
		return nil, r.wrong(1, "is not CSV in UTF-8", "")
	}
	if err := r.readHeader(bytes.TrimPrefix(line, []byte(byteOrderMark))); err != nil {
		return nil, r.failed(err)
	}
	return r, nil
}

// readHeader finds the columns, by the divider under which they are there.
func (r *Reader) readHeader(line []byte) error {
	line = bytes.Clone(line)
	most := byte(',')
	for _, comma := range []byte{',', ';', '\t', '|'} {
		names, err := split(line, comma)
		if err != nil {
			return err
		}
		r.records.comma = comma
		r.time, r.value = column(names, r.o.Time), column(names, r.o.Value)
		if r.time >= 0 && r.value >= 0 {
			r.header = names
			if comma != ',' {
				r.decimal = ','
			}
			return nil
		}
		if len(names) > len(r.header) {
			r.header, most = names, comma
		}
	}
	r.records.comma = most
	if column(r.header, r.o.Time) < 0 {
		return r.noColumn(r.o.Time)
	}
	return r.noColumn(r.o.Value)
}

// split gives the texts of a header.
func split(line []byte, comma byte) ([]string, error) {
	h := records{in: bufio.NewReader(bytes.NewReader(line)), comma: comma}
	if err := h.next(); err != nil && err != io.EOF {
		return nil, err
	}
	names := make([]string, len(h.fields))
	for i, f := range h.fields {
		names[i] = strings.TrimSpace(string(f))
	}
	return names, nil
}

// column finds a name, or gives -1.
func column(names []string, name string) int {
	alike := -1
	for i, n := range names {
		if n == name {
			return i
		}
		if alike < 0 && strings.EqualFold(n, name) {
			alike = i
		}
	}
	return alike
}

// Columns are the names of all columns.
func (r *Reader) Columns() []string { return r.header }

// Column finds another column by its name, as those of Options are found.
func (r *Reader) Column(name string) (int, bool) {
	i := column(r.header, name)
	return i, i >= 0
}

// Field is the text of a column of the last row; empty if the row is shorter.
// It stays valid until the next row is read.
func (r *Reader) Field(column int) []byte {
	if column >= len(r.records.fields) {
		return nil
	}
	return r.records.fields[column]
}

// Next reads a row into its argument. After the last one it gives io.EOF; what
// is wrong with the text is a mistake.Mistake.
func (r *Reader) Next(row *Row) error {
	if err := r.records.next(); err != nil {
		if err == io.EOF {
			return err
		}
		return r.failed(err)
	}
	row.Line, row.TimeText, row.ValueText = r.records.begins, r.Field(r.time), r.Field(r.value)
	var ok bool
	if row.Time, ok = ParseTime(row.TimeText); !ok {
		return r.wrongField(r.time, fmt.Sprintf("column %s has %s where a time is needed", r.header[r.time], shown(row.TimeText)),
			"times are like 2006-01-02T15:04:05Z, 2006-01-02 15:04:05, 2006-01-02, or Unix seconds, milli-, micro- or nanoseconds; "+r.columnsAre())
	}
	if row.Value, ok = parseValue(row.ValueText, r.decimal); !ok {
		return r.wrongField(r.value, fmt.Sprintf("column %s has %s where a number is needed", r.header[r.value], shown(row.ValueText)),
			"a value that is missing is empty or NaN; "+r.columnsAre())
	}
	return nil
}

func shown(text []byte) string {
	const most = 40
	if len(text) == 0 {
		return "nothing"
	}
	if len(text) > most {
		return fmt.Sprintf("%q…", text[:most])
	}
	return fmt.Sprintf("%q", text)
}

func (r *Reader) noColumn(name string) error {
	hint := r.columnsAre()
	if meant := mistake.Nearest(name, r.header); meant != "" {
		hint += "; did you mean " + meant + "?"
	}
	if slices.ContainsFunc(r.header, func(n string) bool { _, ok := ParseTime([]byte(n)); return ok }) {
		hint = "the first line has to name the columns; " + hint
	}
	return r.wrong(1, fmt.Sprintf("there is no column %q", name), hint)
}

// columnsAre names the columns, in quotes where what stands there is no text.
func (r *Reader) columnsAre() string {
	names := make([]string, len(r.header))
	for i, n := range r.header {
		if names[i] = n; !utf8.ValidString(n) || strings.ContainsFunc(n, unicode.IsControl) {
			names[i] = shown([]byte(n))
		}
	}
	return "columns: " + strings.Join(names, ", ")
}

func (r *Reader) wrong(line int, message, hint string) error {
	return mistake.Mistake{File: r.o.File, Line: line, Column: min(line, 1), Message: message, Hint: hint}
}

// wrongField says what is wrong with a field of the last row, and where it
// begins if nothing before it is in quotes.
func (r *Reader) wrongField(column int, message, hint string) error {
	at := 1
	for _, f := range r.records.fields[:min(column, len(r.records.fields))] {
		at += len(f) + 1
	}
	return mistake.Mistake{File: r.o.File, Line: r.records.begins, Column: at, Message: message, Hint: hint}
}

// failed names the file and, where the text itself is wrong, the line.
func (r *Reader) failed(err error) error {
	var already mistake.Mistake
	switch {
	case errors.As(err, &already):
		return err
	case errors.Is(err, errText):
		return r.wrong(max(1, r.records.begins), err.Error(), "")
	}
	return fmt.Errorf("read %s: %w", r.o.File, err)
}
