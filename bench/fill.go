package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"
)

// sharedLog is a log that several goroutines append to.
type sharedLog struct {
	path string
	// One goroutine has these:
	clients int                  // that were given
	touches map[string]time.Time // when each of them touched a decoy

	mu  sync.Mutex
	out *os.File
}

// nextClient is an address that nothing was ever heard of.
func (l *sharedLog) nextClient() string {
	l.clients++
	return clientNumber(l.clients)
}

func clientNumber(n int) string { return fmt.Sprintf("198.18.%d.%d", n>>8, n&255) }

func (l *sharedLog) write(text []byte) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.out == nil {
		if l.out, err = os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
			return err
		}
	}
	_, err = l.out.Write(text)
	return err
}

// fill writes ordinary lines at an even rate until ctx ends.
func (l *sharedLog) fill(ctx context.Context, perSecond int) error {
	g := newGenerator()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var text []byte
	began, written := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			text = text[:0]
			for due := int(now.Sub(began).Seconds() * float64(perSecond)); written < due; written++ {
				text = combined(text, g.request(now))
			}
			if err := l.write(text); err != nil {
				return err
			}
		}
	}
}
