package alertingtest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// patience is how long a sink is waited for before the test fails.
const patience = time.Minute

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

func (q *queue[T]) take(wanted func(*T) bool) (item T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.items {
		if wanted(&q.items[i]) {
			item = q.items[i]
			q.items = slices.Delete(q.items, i, i+1)
			return item, true
		}
	}
	return item, false
}

// next waits for the first item that is wanted and has not been taken.
func (q *queue[T]) next(tb testing.TB, what string, wanted func(*T) bool) T {
	tb.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		if item, ok := q.take(wanted); ok {
			return item
		}
		select {
		case <-q.more:
		case <-deadline.C:
			tb.Fatalf("no %s within %v; what came is %s", what, patience, q.rest())
		}
	}
}

// rest tells what nobody has taken.
func (q *queue[T]) rest() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return fmt.Sprintf("%+v", q.items)
}

// every wants them in the order in which they came.
func every[T any](*T) bool { return true }

func (q *queue[T]) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}
