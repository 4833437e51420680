package endtoend

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

const (
	pushRecords = 20 // in a push
	pushLane    = 4  // of clients
	syslogLane  = 5
)

// senders run until they are told to finish.
type senders struct {
	done  chan struct{}
	ended chan error
}

func (w *torture) startSenders() *senders {
	s := &senders{done: make(chan struct{}), ended: make(chan error, 2)}
	go func() { s.ended <- w.pushed.run(w.Context(), s.done) }()
	go func() { s.ended <- w.syslog.run(w.Context(), s.done) }()
	return s
}

// finish has the senders send their last, and waits for them.
func (s *senders) finish() error {
	close(s.done)
	return errors.Join(<-s.ended, <-s.ended)
}

// pushed sends numbered records by HTTP, again until they are accepted.
type pushed struct {
	*pusher
	random   *rand.Rand
	watch    *watch
	attempts []int // of each push
	touches  map[int]string
}

func (u *pushed) run(ctx context.Context, done <-chan struct{}) error {
	u.touches = map[int]string{}
	beat := time.NewTicker(50 * time.Millisecond)
	defer beat.Stop()
	for {
		if err := u.pushNext(ctx); err != nil {
			return err
		}
		select {
		case <-done:
			return u.pushNext(ctx)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-beat.C:
		}
	}
}

func (u *pushed) pushNext(ctx context.Context) error {
	first := len(u.attempts) * pushRecords
	records := make([]string, pushRecords)
	var clients []string
	for i := range records {
		n := first + i
		client, path, status := "198.51.100.7", fmt.Sprintf("/pushed?n=%d", n), 200
		if u.random.IntN(touchEvery) == 0 {
			client, path, status = clientOf(pushLane, len(u.touches)), fmt.Sprintf("%s?n=%d", bait, n), 404
			u.touches[n] = client
			clients = append(clients, client)
		}
		records[i] = strings.TrimSpace(jsonLine(n, client, path, status))
	}
	u.attempts = append(u.attempts, 0)
	err := stage.Until(ctx, "a push is accepted", func(ctx context.Context) error {
		u.attempts[len(u.attempts)-1]++
		return u.push(ctx, "["+strings.Join(records, ",")+"]")
	})
	if err == nil {
		for _, client := range clients {
			u.watch.touched(client)
		}
	}
	return err
}

// bySyslog sends numbered lines by syslog over TCP. Nobody tells it what has
// arrived: of a connection that is cut off, the last lines may be lost.
type bySyslog struct {
	address string
	random  *rand.Rand
	firsts  []int // line of each connection
	next    int
	touches map[int]string
}

// run sends over one connection after the other. The last is not disturbed by
// anybody, and waits until the service has read all.
func (s *bySyslog) run(ctx context.Context, done <-chan struct{}) error {
	s.touches = map[int]string{}
	beat := time.NewTicker(10 * time.Millisecond)
	defer beat.Stop()
	for {
		conn, err := s.dial(ctx)
		if err != nil {
			return err
		}
		for err == nil {
			select {
			case <-done:
				return errors.Join(conn.Close(), s.last(ctx))
			case <-ctx.Done():
				return errors.Join(context.Cause(ctx), conn.Close())
			case <-beat.C:
				err = s.send(conn)
			}
		}
		_ = conn.Close() // it is broken
	}
}

func (s *bySyslog) dial(ctx context.Context) (conn net.Conn, err error) {
	err = stage.Until(ctx, "syslog is listening", func(ctx context.Context) error {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", s.address)
		return err
	})
	s.firsts = append(s.firsts, s.next)
	return conn, err
}

// send sends the next line, which is not sent again.
func (s *bySyslog) send(conn net.Conn) error {
	n := s.next
	s.next++
	client, path, status := "198.51.100.8", fmt.Sprintf("/syslog?n=%d", n), 200
	if s.random.IntN(touchEvery) == 0 {
		client, path, status = clientOf(syslogLane, len(s.touches)), fmt.Sprintf("%s?n=%d", bait, n), 404
		s.touches[n] = client
	}
	_, err := fmt.Fprintf(conn, "<134>%s edge nginx: %s", time.Now().Format(time.Stamp), combinedLine(n, client, path, status))
	return err
}

func (s *bySyslog) last(ctx context.Context) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	for range 50 {
		err = errors.Join(err, s.send(conn))
	}
	err = errors.Join(err, conn.(*net.TCPConn).CloseWrite())
	if _, read := bufio.NewReader(conn).ReadByte(); err == nil && !errors.Is(read, io.EOF) {
		err = fmt.Errorf("the service has not read all that was sent by syslog: %w", read)
	}
	return errors.Join(err, conn.Close())
}
