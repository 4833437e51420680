package spoa

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"time"
)

const (
	helloTimeout = 5 * time.Second
	writeTimeout = 5 * time.Second
	bufferSize   = 32 << 10
	flushAbove   = 16 << 10 // bytes of answers that are not kept waiting
)

// conn is one connection of HAProxy.
type conn struct {
	ctx     context.Context
	peer    net.Conn
	in      *bufio.Reader
	scratch []byte
	out     []byte // answers that are not sent yet
	limit   uint32 // bytes of a frame
	handler *Handler
}

// serve answers until the other side leaves or ctx ends, and closes the
// connection. The error tells what the other side did wrong.
func (c *conn) serve() error {
	defer func() { _ = c.peer.Close() }() // the other side may have done so
	c.limit = maxHelloFrame
	more, err := c.greet()
	for more && err == nil {
		more, err = c.step()
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return nil
	case c.ctx.Err() != nil:
		err = nil
	}
	why, ours := normal, (*fault)(nil)
	if errors.As(err, &ours) {
		why = ours
	} else if err != nil {
		return err // of the network: nobody to tell
	}
	c.out = appendDisconnect(c.out, why)
	return errors.Join(err, c.flush())
}

// deadline bounds how long the next frame may take; zero is for ever. The end
// of ctx ends it at once.
func (c *conn) deadline(t time.Time) error {
	err := c.peer.SetReadDeadline(t)
	if c.ctx.Err() != nil {
		c.interrupt()
	}
	return err
}

// interrupt has whoever waits for a frame wait no longer.
func (c *conn) interrupt() { _ = c.peer.SetReadDeadline(time.Unix(1, 0)) }

func (c *conn) read() (f frame, err error) {
	f, c.scratch, err = readFrame(c.in, c.scratch, c.limit)
	return f, err
}

// greet agrees on a version and the size of frames.
func (c *conn) greet() (more bool, err error) {
	if err := c.deadline(time.Now().Add(helloTimeout)); err != nil {
		return false, err
	}
	f, err := c.read()
	if err != nil {
		return false, err
	}
	hello, err := parseHello(f)
	if err != nil {
		return false, err
	}
	c.limit = hello.frameSize
	c.out = appendHello(c.out, c.limit)
	return !hello.check, errors.Join(c.flush(), c.deadline(time.Time{}))
}

// step answers one frame. Answers are sent when no further question waits.
func (c *conn) step() (more bool, err error) {
	f, err := c.read()
	if err != nil {
		return false, err
	}
	switch f.kind {
	case notify:
		c.out, err = c.handler.answer(c.out, &f)
	case haproxyDisconnect:
		return false, nil
	default:
		err = invalid
	}
	if err == nil && (len(c.out) > flushAbove || !whole(c.in)) {
		err = c.flush()
	}
	return true, err
}

func (c *conn) flush() error {
	if err := c.peer.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := c.peer.Write(c.out)
	c.out = c.out[:0]
	return err
}
