package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// cursor is where a page ended: the time of its last row, and what tells rows
// of one time apart. People get it as opaque text.
type cursor struct {
	List   string `json:"l"` // which list it belongs to
	At     int64  `json:"t"` // Unix nanoseconds
	Key    string `json:"k"`
	Offset uint64 `json:"o,omitempty"`
}

func (c cursor) String() string {
	data, _ := json.Marshal(c) // a struct of plain fields
	return base64.RawURLEncoding.EncodeToString(data)
}

// parseCursor reads a cursor of a list; after is false for the empty one.
func parseCursor(list, text string) (c cursor, after bool, err error) {
	if text == "" {
		return cursor{}, false, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil || c.List != list {
		return cursor{}, false, fmt.Errorf("cursor of %s: %w", list, wire.ErrCursor)
	}
	return c, true, nil
}

// paging binds the parameters that all lists share: since, until, limit,
// after, at. One row more than wanted is asked for, to know whether there is
// another page.
func paging(list string, s wire.Slice, p wire.Period) ([]any, cursor, error) {
	c, after, err := parseCursor(list, s.Cursor)
	if err != nil {
		return nil, c, err
	}
	since, until := bounds(p)
	return []any{
		named("since", since), named("until", until), named("limit", uint32(limitOf(s)+1)),
		named("after", after), named("at", c.At),
	}, c, nil
}

func limitOf(s wire.Slice) int {
	if s.Limit <= 0 {
		return wire.DefaultLimit
	}
	return min(s.Limit, wire.MaxLimit)
}

// bounds are a period's ends in Unix nanoseconds.
func bounds(p wire.Period) (since, until int64) {
	until = math.MaxInt64
	if !p.Since.IsZero() {
		since = p.Since.UnixNano()
	}
	if !p.Until.IsZero() {
		until = p.Until.UnixNano()
	}
	return since, until
}

// cut makes a page of rows, of which one may be too many, and its cursor.
func cut[T any](rows []T, s wire.Slice, next func(*T) cursor) wire.Page[T] {
	limit := limitOf(s)
	if len(rows) <= limit {
		return wire.Page[T]{Items: rows}
	}
	return wire.Page[T]{Items: rows[:limit], Next: next(&rows[limit-1]).String()}
}

// recordCursor is the cursor after a record of a file.
func recordCursor(list string, received time.Time, file string, offset uint64) cursor {
	return cursor{List: list, At: received.UnixNano(), Key: file, Offset: offset}
}
