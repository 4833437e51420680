package metric

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// longestLine bounds a record, so that a quote that nobody closed does not
// read the rest of the file into memory.
const longestLine = 1 << 16

var (
	errText     = errors.New("bad CSV")
	errTooLong  = fmt.Errorf("%w: a row is longer than %d bytes; is a quote not closed, or is this another format?", errText, longestLine)
	errUnclosed = fmt.Errorf("%w: a quote is not closed", errText)
	errAfter    = fmt.Errorf("%w: text follows a closing quote", errText)
)

// records cuts CSV into records and fields, without an allocation for each as
// encoding/csv makes, and bounded.
type records struct {
	in     *bufio.Reader
	comma  byte
	lines  int      // physical lines read
	begins int      // line on which the record begins
	fields [][]byte // of the record
	quoted []byte   // a record that has quotes
}

// line reads a physical line with its end. io.EOF comes alone.
func (r *records) line() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, errTooLong
	}
	if len(line) == 0 {
		return nil, err
	}
	r.lines++
	if err == io.EOF {
		err = nil
	}
	return line, err
}

// next reads a record; empty lines are none.
func (r *records) next() error {
	for {
		line, err := r.line()
		if err != nil {
			return err
		}
		r.begins = r.lines
		if bare := withoutEnd(line); len(bare) > 0 {
			if bytes.IndexByte(bare, '"') < 0 {
				r.cut(bare)
				return nil
			}
			return r.cutQuoted(line)
		}
	}
}

func withoutEnd(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'})
}

// cut cuts a record without quotes.
func (r *records) cut(line []byte) {
	r.fields = r.fields[:0]
	for {
		i := bytes.IndexByte(line, r.comma)
		if i < 0 {
			r.fields = append(r.fields, line)
			return
		}
		r.fields = append(r.fields, line[:i])
		line = line[i+1:]
	}
}

// cutQuoted cuts a record that has quotes, and therefore perhaps ends on a
// later line. Fields are unquoted in place.
func (r *records) cutQuoted(line []byte) error {
	r.quoted = append(r.quoted[:0], line...)
	for bytes.Count(r.quoted, []byte{'"'})%2 == 1 {
		more, err := r.line()
		if err == io.EOF {
			return errUnclosed
		}
		if err != nil {
			return err
		}
		if r.quoted = append(r.quoted, more...); len(r.quoted) > longestLine {
			return errTooLong
		}
	}
	r.fields = r.fields[:0]
	for rest, more := withoutEnd(r.quoted), true; more; {
		var field []byte
		var err error
		if field, rest, more, err = r.field(rest); err != nil {
			return err
		}
		r.fields = append(r.fields, field)
	}
	return nil
}

// field takes the first field off a record. more tells that another follows.
func (r *records) field(text []byte) (field, rest []byte, more bool, err error) {
	if len(text) == 0 || text[0] != '"' {
		field, rest, more = bytes.Cut(text, []byte{r.comma})
		return field, rest, more, nil
	}
	out := text[:0]
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] != '"':
			out = append(out, text[i])
		case i+1 < len(text) && text[i+1] == '"':
			out = append(out, '"')
			i++
		case i+1 == len(text):
			return out, nil, false, nil
		case text[i+1] == r.comma:
			return out, text[i+2:], true, nil
		default:
			return nil, nil, false, errAfter
		}
	}
	return nil, nil, false, errUnclosed
}
