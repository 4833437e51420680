package httpapi

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// cursorPrefix begins the text inside the cursors that this package makes, so
// that a cursor of another list is noticed.
const cursorPrefix = "k1:"

// pageOf cuts a page out of all items, which are ordered by key. The keys are
// distinct. Items that come or go between two pages are neither repeated nor
// do they hide others.
func pageOf[T any](items []T, s wire.Slice, key func(T) string) (wire.Page[T], error) {
	start := 0
	if s.Cursor != "" {
		after, err := readCursor(s.Cursor)
		if err != nil {
			return wire.Page[T]{}, err
		}
		at, found := slices.BinarySearchFunc(items, after, func(item T, k string) int {
			return strings.Compare(key(item), k)
		})
		start = at
		if found {
			start++
		}
	}
	end := min(start+s.Limit, len(items))
	page := wire.Page[T]{Items: items[start:end]}
	if end < len(items) {
		page.Next = writeCursor(key(items[end-1]))
	}
	return filled(page), nil
}

// filled makes an empty page an empty list in JSON, not null.
func filled[T any](p wire.Page[T]) wire.Page[T] {
	if p.Items == nil {
		p.Items = []T{}
	}
	return p
}

func writeCursor(key string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorPrefix + key))
}

func readCursor(cursor string) (key string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", fmt.Errorf("%w: not base64", wire.ErrCursor)
	}
	key, ok := strings.CutPrefix(string(raw), cursorPrefix)
	if !ok {
		return "", wire.ErrCursor
	}
	return key, nil
}
