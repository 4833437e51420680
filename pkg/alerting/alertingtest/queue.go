package alertingtest

import (
	"sync"
	"testing"
	"time"
)

// patience is how long a sink is waited for before the test fails.
const patience = 30 * time.Second

// queue keeps what arrived until a test takes it. It has no bound of its own:
// a sender is never held up by a test that does not look.
type queue[T any] struct {
	mu    sync.Mutex
	items []T
	more  chan struct{}
}

func newQueue[T any]() *queue[T] {
	return &queue[T]{more: make(chan struct{}, 1)}
}

func (q *queue[T]) put(item T) {
	q.mu.Lock()
	q.items = append(q.items, item)
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *queue[T]) take() (item T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return item, false
	}
	item, q.items = q.items[0], q.items[1:]
	return item, true
}

// next waits for the first item that has not been taken.
func (q *queue[T]) next(tb testing.TB, what string) T {
	tb.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		if item, ok := q.take(); ok {
			return item
		}
		select {
		case <-q.more:
		case <-deadline.C:
			tb.Fatalf("no %s within %v", what, patience)
		}
	}
}

func (q *queue[T]) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}
