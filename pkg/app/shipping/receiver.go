package shipping

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"sync"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/receive"
)

// Receiver takes lines that nobody has to look for: pushed by HTTP, sent by
// syslog, or on the input. It keeps the sources that it was made with.
type Receiver struct {
	sources []config.Source
	inbox   *ingest.Inbox
	syslog  []*receive.Syslog
	input   io.ReadCloser // nil when there is none
	log     *slog.Logger
}

// NewReceiver makes what takes the lines of those sources that are not read
// from files, or not only. It opens nothing before it runs.
func NewReceiver(o Options) (*Receiver, error) {
	r := &Receiver{log: o.Log, sources: pushed(o.Sources), input: o.Input}
	_, logs, err := both(r.sources, o.Trusted, o.Privacy)
	if err != nil {
		return nil, err
	}
	opts := ingest.InboxOptions{Options: ingest.Options{Keeper: o.Keeper}}
	if r.inbox, err = ingest.NewInbox(opts, logs, o.To, o.Log); err != nil {
		return nil, fmt.Errorf("take pushed logs: %w", err)
	}
	r.syslog, err = addresses(o, r.inbox)
	return r, err
}

// pushed are the sources that are not read from files, or not only.
func pushed(sources []config.Source) (some []config.Source) {
	for _, s := range sources {
		if s.HTTP || len(s.Syslog) > 0 || s.Name == config.InputSource {
			some = append(some, s)
		}
	}
	return some
}

// Outdated tells whether other sources, of those that are pushed, would take a
// restart; it logs that they do.
func (r *Receiver) Outdated(sources []config.Source) bool {
	if reflect.DeepEqual(r.sources, pushed(sources)) {
		return false
	}
	r.log.Warn("sources whose lines are pushed have changed: that takes a restart")
	return true
}

// addresses gives a receiver for each address of each source.
func addresses(o Options, inbox *ingest.Inbox) (all []*receive.Syslog, err error) {
	for _, s := range o.Sources {
		for _, url := range s.Syslog {
			network, address, err := config.SyslogAddress(url)
			if err != nil {
				return nil, fmt.Errorf("source %s: %w", s.Name, err)
			}
			all = append(all, receive.NewSyslog(receive.Options{
				Source: s.Name, Inbox: inbox, Log: o.Log, Network: network, Address: address,
			}))
		}
	}
	return all, nil
}

// Inbox takes what somebody else was sent. It passes on only what comes while
// Run runs: whoever gives it something has to end before.
func (r *Receiver) Inbox() *ingest.Inbox { return r.inbox }

// Stats gives the counters.
func (r *Receiver) Stats() ingest.Stats { return r.inbox.Stats() }

// Run takes lines until ctx is over, or one of the addresses cannot be
// listened at. What was taken by then is passed on first.
func (r *Receiver) Run(ctx context.Context) error {
	longer, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	passed := make(chan error, 1)
	go func() { passed <- r.inbox.Run(longer) }()
	err := r.receive(ctx)
	stop()
	if ended := <-passed; !errors.Is(ended, context.Canceled) {
		err = errors.Join(err, ended)
	}
	return err
}

// receive ends when ctx does or one address fails, with all of them.
func (r *Receiver) receive(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, s := range r.syslog {
		wg.Go(func() {
			if err := s.Run(ctx); err != nil {
				cancel(err)
			}
		})
	}
	if r.input != nil {
		wg.Go(func() { r.readInput(ctx) })
	}
	<-ctx.Done()
	wg.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// readInput ends with the input, which ends nothing else.
func (r *Receiver) readInput(ctx context.Context) {
	err := receive.Lines(ctx, r.input, config.InputSource, r.inbox)
	switch {
	case err != nil:
		r.log.Error("the input cannot be read any more", "error", err)
	case ctx.Err() == nil:
		r.log.Info("the input has ended")
	}
}
