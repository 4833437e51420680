package receive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

const (
	unfinished = time.Minute     // how long the rest of a message may take
	linesGrace = 2 * time.Second // for lines that were read before the end
	// lull is for how long nothing comes of a sender when all has come that it
	// had written by the end.
	lull = 500 * time.Millisecond
)

// ServeStreams takes messages that come by TCP until ctx ends. It closes l.
// Nothing more is read of a connection while its messages wait for the bus:
// the sender has to wait too.
func (s *Syslog) ServeStreams(ctx context.Context, l net.Listener) error {
	defer l.Close()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	var wg sync.WaitGroup
	defer wg.Wait()
	s.opts.Log.Info("syslog is listening", "at", l.Addr().String())
	free := make(chan struct{}, s.opts.Connections)
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("syslog at %s: %w", l.Addr(), err)
		case err != nil: // of one connection, or no descriptor is left
			s.opts.Log.Warn("a connection was not accepted", "error", err)
			wait(ctx, 100*time.Millisecond)
			continue
		}
		select {
		case free <- struct{}{}:
			wg.Go(func() {
				defer func() { <-free }()
				s.serve(ctx, conn)
			})
		default:
			s.opts.Log.Warn("too many senders are connected, another one was sent away", "sender", conn.RemoteAddr().String())
			_ = conn.Close()
		}
	}
}

// serve reads one connection to its end. When ctx ends it reads on until nothing
// comes any more: a sender takes for delivered what it could write, and of that
// some may still be on its way. To shut the reading end down would lose it.
func (s *Syslog) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	ending := func() error { return conn.SetReadDeadline(time.Now().Add(lull)) }
	defer context.AfterFunc(ctx, func() { _ = ending() })()
	lasting, cancel := outliving(ctx, s.opts.Grace)
	defer cancel()
	defer context.AfterFunc(lasting, func() { _ = conn.Close() })() // a sender may not pause
	p := pump{in: conn, source: s.opts.Source, inbox: s.opts.Inbox, text: message}
	p.patience = func(begun bool) error {
		idle := s.opts.Idle
		if begun {
			idle = min(unfinished, idle)
		}
		if err := conn.SetReadDeadline(time.Now().Add(idle)); err != nil || ctx.Err() == nil {
			return err
		}
		return ending()
	}
	err := p.run(lasting)
	level := slog.LevelDebug
	if errors.Is(err, errFraming) {
		s.opts.Inbox.Dropped(s.opts.Source, 1)
		level = slog.LevelWarn
	}
	s.opts.Log.Log(ctx, level, "a sender has gone", "sender", conn.RemoteAddr().String(), "error", err)
}

// Lines pushes the lines of a stream, such as standard input, until it ends or
// ctx does, neither of which is an error. It closes in. Nothing more is read
// while lines wait for the bus.
func Lines(ctx context.Context, in io.ReadCloser, source string, inbox *ingest.Inbox) error {
	stop := context.AfterFunc(ctx, func() { _ = in.Close() })
	p := pump{in: in, source: source, inbox: inbox, framer: framer{plain: true}}
	p.text = func(line []byte) []byte { return line }
	p.patience = func(bool) error { return nil }
	lasting, cancel := outliving(ctx, linesGrace)
	defer cancel()
	err := p.run(lasting)
	if stop() {
		err = errors.Join(err, in.Close())
	}
	if ctx.Err() != nil || errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("read lines of source %s: %w", source, err)
}

// pump carries the messages of a stream into the inbox.
type pump struct {
	in       io.Reader
	framer   framer
	source   string
	inbox    *ingest.Inbox
	text     func(message []byte) []byte
	patience func(begun bool) error // sets how long the next read may take
}

// run ends with the error of the stream, io.EOF at its end, or when ctx is
// over and something waits.
func (p *pump) run(ctx context.Context) error {
	for {
		if err := p.patience(p.framer.at < len(p.framer.buf)); err != nil {
			return err
		}
		n, err := p.in.Read(p.framer.room())
		p.framer.came(n)
		if pushed := p.push(ctx, err != nil); pushed != nil {
			return pushed
		}
		if err != nil {
			return err
		}
	}
}

// push sends all whole messages that have come, and at the end what is left.
func (p *pump) push(ctx context.Context, ended bool) error {
	for more := true; more; {
		letter, err := p.inbox.Letter(p.source)
		if err != nil {
			return err
		}
		more, err = p.fill(letter, ended)
		if _, unsent := letter.Send(ctx); err != nil || unsent != nil {
			return errors.Join(err, unsent)
		}
	}
	return nil
}

// fill adds messages to a letter; more tells that it has no room for others.
func (p *pump) fill(letter *ingest.Letter, ended bool) (more bool, err error) {
	for letter.Len() < ingest.MaxRecords {
		m, ok, err := p.framer.next()
		if !ok && ended && err == nil {
			m = p.framer.last()
		}
		if err := letter.Add(p.text(m)); err != nil {
			return false, err
		}
		if !ok {
			return false, err
		}
	}
	return true, nil
}

// wait waits, or until ctx is over.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
