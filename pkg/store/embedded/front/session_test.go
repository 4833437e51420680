package front

import (
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/libchdb"
)

func openNothing() (*libchdb.Conn, error) { return &libchdb.Conn{}, nil }

func TestSessionsAreBounded(t *testing.T) {
	s := newSessions()
	for i := range maxSessions {
		if _, err := s.take(options{session: string(rune('a' + i))}, openNothing); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.take(options{session: "one too many"}, openNothing); err == nil {
		t.Error("there is no bound")
	}
	if _, err := s.take(options{session: "a"}, openNothing); err == nil {
		t.Error("a session was given to two requests at once")
	}
}

func TestIdleSessionsEnd(t *testing.T) {
	s := newSessions()
	held, err := s.take(options{session: "a"}, openNothing)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	s.expire(now.Add(time.Hour))
	if len(s.named) != 1 {
		t.Error("a session in use has ended")
	}
	s.release(held)
	s.expire(now.Add(sessionIdle / 2))
	if len(s.named) != 1 {
		t.Error("a session ended before its time")
	}
	s.expire(time.Now().Add(2 * sessionIdle))
	if len(s.named) != 0 {
		t.Error("an idle session stays for ever")
	}
}
