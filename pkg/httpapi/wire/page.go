package wire

import (
	"errors"
	"time"
)

// Limits of every list.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// ErrCursor is wrapped when a cursor was not made by the list that it is
// given to.
var ErrCursor = errors.New("the cursor is not one of this list")

// Page is one page of a list.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the following page; empty at the end. It is
	// opaque: its text means something to whoever made it only.
	Next string `json:"next,omitempty"`
}

// Slice says which page is wanted.
type Slice struct {
	Cursor string // empty = the first
	Limit  int    // 1 to MaxLimit
}

// Period bounds a time, Since inclusive and Until exclusive. A zero bound is
// none.
type Period struct{ Since, Until time.Time }
