package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Hold waits until nobody else holds the lease of this name, then runs fn
// while this process holds it. holder names the process for people. The
// context of fn ends, with ErrLeaseLost as its cause, when the lease could
// not be renewed in time: then another process may have it. ttl, at least one
// second, is how long after a crash others wait.
//
// Streams of our own need no lease: they lie in a directory that this process
// has locked, and nobody else reaches them. So a disk that stalls for longer
// than ttl does not end the service, and one that was killed is followed up at
// once.
//
// What fn writes is fenced besides (blocks by their revisions, checkpoints by
// their heads), because a process can be paused between looking at its
// context and writing.
func (b *Bus) Hold(ctx context.Context, name, holder string, ttl time.Duration, fn func(ctx context.Context) error) error {
	if b.alone() {
		return fn(ctx)
	}
	l := &lease{bus: b, key: token(name), holder: holder, ttl: max(ttl, time.Second)}
	if err := l.acquire(ctx); err != nil {
		return fmt.Errorf("lease %s: %w", name, err)
	}
	held, lose := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		l.renew(held, lose)
	}()
	err := fn(held)
	lost := errors.Is(context.Cause(held), ErrLeaseLost)
	lose(nil)
	<-renewed
	l.release(context.WithoutCancel(ctx))
	if lost {
		return errors.Join(fmt.Errorf("lease %s: %w", name, ErrLeaseLost), err)
	}
	return err
}

// alone tells whether the streams are those of the embedded server.
func (b *Bus) alone() bool { return b.opts.InProcess != nil && b.opts.Domain == "" }

type lease struct {
	bus      *Bus
	key      string
	holder   string
	ttl      time.Duration
	revision uint64
	renewed  time.Time // when the last successful renewal began
}

func (l *lease) acquire(ctx context.Context) error {
	kv, err := l.bus.js.KeyValue(ctx, leaseBucket)
	if err != nil {
		return publishError(err)
	}
	for first := true; ; first = false {
		l.renewed = time.Now()
		l.revision, err = kv.Create(ctx, l.key, []byte(l.holder), jetstream.KeyTTL(l.ttl))
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !errors.Is(err, jetstream.ErrKeyExists) && !transient(err) && !fenced(err) {
			return publishError(err)
		}
		if first {
			l.tellWaiting(ctx, kv)
		}
		if !sleep(ctx, min(l.ttl/4, time.Second)) {
			return context.Cause(ctx)
		}
	}
}

func (l *lease) tellWaiting(ctx context.Context, kv jetstream.KeyValue) {
	holder := "unknown"
	if e, err := kv.Get(ctx, l.key); err == nil {
		holder = string(e.Value())
	}
	l.bus.log.Warn("another service holds the lease; waiting until it ends", "lease", l.key, "holder", holder)
}

// renew keeps the lease until ctx ends, or ends it with ErrLeaseLost.
func (l *lease) renew(ctx context.Context, lose context.CancelCauseFunc) {
	for sleep(ctx, l.ttl/4) {
		began := time.Now()
		within, cancel := context.WithDeadline(ctx, l.renewed.Add(l.ttl*9/10))
		ack, err := l.bus.js.Publish(within, l.bus.writeSubject(leaseBucket, l.key), []byte(l.holder),
			jetstream.WithExpectLastSequencePerSubject(l.revision), jetstream.WithMsgTTL(l.ttl))
		cancel()
		switch {
		case err == nil:
			l.revision, l.renewed = ack.Sequence, began
		case ctx.Err() != nil:
			return
		case fenced(err) || time.Since(l.renewed) >= l.ttl*9/10:
			l.bus.log.Error("the lease could not be renewed", "lease", l.key, "error", err)
			lose(ErrLeaseLost)
			return
		}
	}
}

// release lets the next one in at once; when it fails, the lease runs out.
func (l *lease) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	kv, err := l.bus.js.KeyValue(ctx, leaseBucket)
	if err == nil {
		err = kv.Delete(ctx, l.key, jetstream.LastRevision(l.revision))
	}
	if err != nil {
		l.bus.log.Debug("the lease runs out by itself", "lease", l.key, "error", err)
	}
}
