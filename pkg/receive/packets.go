package receive

import (
	"context"
	"fmt"
	"net"
	"sync"
)

const (
	maxPacket    = 64 << 10
	socketBuffer = 8 << 20 // asked of the kernel, which may give less
)

// ServePackets takes messages that come by UDP, one each, until ctx ends. It
// closes conn. A sender cannot be told to wait: what comes while queueBytes
// wait already is dropped and counted, and so is what the kernel drops.
func (s *Syslog) ServePackets(ctx context.Context, conn *net.UDPConn) error {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := conn.SetReadBuffer(socketBuffer); err != nil {
		s.opts.Log.Warn("the buffer of the socket stays small", "error", err)
	}
	lost, err := countLost(conn)
	if err != nil {
		s.opts.Log.Warn("what the kernel drops is not counted", "error", err)
	}
	lasting, cancel := outliving(ctx, s.opts.Grace)
	defer cancel()
	waiting := newQueue()
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			p, ok := waiting.take()
			if !ok {
				return
			}
			s.deliver(lasting, p)
		}
	})
	s.opts.Log.Info("syslog is listening", "at", conn.LocalAddr().String())
	err = s.readPackets(conn, lost, waiting)
	waiting.end()
	wg.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("syslog at %s: %w", conn.LocalAddr(), err)
}

// readPackets takes packets off the socket, whatever becomes of them.
func (s *Syslog) readPackets(conn *net.UDPConn, lost *lost, waiting *queue) error {
	packet, control := make([]byte, maxPacket), make([]byte, controlBytes)
	for {
		n, controls, _, _, err := conn.ReadMsgUDPAddrPort(packet, control)
		if err != nil {
			return err
		}
		if !waiting.add(message(packet[:n])) {
			s.opts.Inbox.Dropped(s.opts.Source, 1)
		}
		if dropped := lost.more(control[:controls]); dropped > 0 {
			s.opts.Inbox.Dropped(s.opts.Source, dropped)
		}
	}
}

// deliver sends a pile. When that fails, ctx is over.
func (s *Syslog) deliver(ctx context.Context, p *pile) {
	letter, err := s.opts.Inbox.Letter(s.opts.Source)
	for i := 0; err == nil && i < len(p.records); i++ {
		err = letter.Add(p.records[i])
	}
	if err == nil {
		_, err = letter.Send(ctx)
	}
	if err != nil {
		s.opts.Inbox.Dropped(s.opts.Source, len(p.records))
		s.opts.Log.Warn("messages are lost", "messages", len(p.records), "error", err)
	}
}
