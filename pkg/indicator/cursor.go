package indicator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// cursor walks through JSON without holding it in memory twice, and knows
// where it is.
type cursor struct {
	data  []byte
	dec   *json.Decoder
	lines int // line ends before mark
	mark  int // up to where they are counted
	start int // of the line in which mark is
}

func newCursor(data []byte) *cursor {
	return &cursor{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
}

// place is where the next value begins.
func (c *cursor) place() place {
	at := int(c.dec.InputOffset())
	for at < len(c.data) && bytes.IndexByte([]byte(" \t\r\n,:"), c.data[at]) >= 0 {
		at++
	}
	for ; c.mark < at; c.mark++ {
		if c.data[c.mark] == '\n' {
			c.lines++
			c.start = c.mark + 1
		}
	}
	return place{c.lines + 1, at - c.start + 1}
}

// begins reads the delimiter of an object or array; it tells whether it was
// that one, and skips the value if not.
func (c *cursor) begins(want json.Delim) (bool, error) {
	t, err := c.dec.Token()
	if err != nil {
		return false, c.broken(err)
	}
	got, ok := t.(json.Delim)
	if ok && got == want {
		return true, nil
	}
	if ok {
		return false, c.leave()
	}
	return false, nil
}

// leave skips to behind the object or array that was just entered.
func (c *cursor) leave() error {
	for depth := 1; depth > 0; {
		t, err := c.dec.Token()
		if err != nil {
			return c.broken(err)
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}

// object calls visit with each key of an object; visit reads its value. A
// value that is no object is skipped.
func (c *cursor) object(visit func(key string) error) error {
	if ok, err := c.begins('{'); !ok {
		return err
	}
	for c.dec.More() {
		t, err := c.dec.Token()
		if err != nil {
			return c.broken(err)
		}
		key, _ := t.(string)
		if err := visit(key); err != nil {
			return err
		}
	}
	_, err := c.dec.Token()
	return c.broken(err)
}

// array calls visit for each element of an array; visit reads it. A value that
// is no array is skipped.
func (c *cursor) array(visit func() error) error {
	if ok, err := c.begins('['); !ok {
		return err
	}
	for c.dec.More() {
		if err := visit(); err != nil {
			return err
		}
	}
	_, err := c.dec.Token()
	return c.broken(err)
}

// read decodes the next value. What has the wrong shape is told as wrong, and
// is passed over; broken means that nothing more can be read.
func (c *cursor) read(into any) (wrong, broken error) {
	err := c.dec.Decode(into)
	if shape := new(json.UnmarshalTypeError); errors.As(err, &shape) {
		return fmt.Errorf("%s is a %s", shape.Field, shape.Value), nil
	}
	if syntax := new(json.SyntaxError); err == nil || errors.As(err, &syntax) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, c.broken(err)
	}
	return err, nil // of a value's own UnmarshalJSON
}

// skip passes over the next value.
func (c *cursor) skip() error {
	t, err := c.dec.Token()
	if err != nil {
		return c.broken(err)
	}
	if t == json.Delim('{') || t == json.Delim('[') {
		return c.leave()
	}
	return nil
}

// ended wants nothing behind the value that was read.
func (c *cursor) ended() error {
	if _, err := c.dec.Token(); !errors.Is(err, io.EOF) {
		at := c.place()
		return fmt.Errorf("line %d: more behind the end of the JSON value", at.line)
	}
	return nil
}

func (c *cursor) broken(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the JSON is cut off")
	}
	return fmt.Errorf("line %d: not JSON: %w", c.place().line, err)
}
