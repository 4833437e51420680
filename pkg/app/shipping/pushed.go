package shipping

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/receive"
)

// pushed is what takes lines that nobody has to look for.
type pushed struct {
	inbox  *ingest.Inbox
	syslog []*receive.Syslog
	input  io.ReadCloser // nil when there is none
	log    *slog.Logger
}

func newPushed(o Options) (pushed, error) {
	p := pushed{log: o.Log}
	var logs []ingest.Source
	for _, s := range o.Sources {
		if s.Name == config.InputSource {
			p.input = o.Input
		}
		if !s.HTTP && len(s.Syslog) == 0 && s.Name != config.InputSource {
			continue
		}
		_, log, err := source(s, o.Trusted)
		if err != nil {
			return p, err
		}
		logs = append(logs, log)
	}
	var err error
	if p.inbox, err = ingest.NewInbox(ingest.InboxOptions{}, logs, o.To, o.Log); err != nil {
		return p, fmt.Errorf("take pushed logs: %w", err)
	}
	p.syslog, err = receivers(o, p.inbox)
	return p, err
}

// receivers are one for each address of each source.
func receivers(o Options, inbox *ingest.Inbox) (all []*receive.Syslog, err error) {
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

// Inbox takes what others than Receive are sent.
func (s *Shipping) Inbox() *ingest.Inbox { return s.pushed.inbox }

// Receive takes lines by syslog and on the input until ctx is over, or one of
// the addresses cannot be listened at. Only while it runs does the inbox pass
// on anything: whoever else gives it something has to end before.
func (s *Shipping) Receive(ctx context.Context) error {
	longer, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	passed := make(chan error, 1)
	go func() { passed <- s.pushed.inbox.Run(longer) }()
	err := s.pushed.receive(ctx)
	stop()
	if ended := <-passed; !errors.Is(ended, context.Canceled) {
		err = errors.Join(err, ended)
	}
	return err
}

// receive ends when ctx does or one receiver fails, with all of them.
func (p *pushed) receive(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, r := range p.syslog {
		wg.Go(func() {
			if err := r.Run(ctx); err != nil {
				cancel(err)
			}
		})
	}
	if p.input != nil {
		wg.Go(func() { p.readInput(ctx) })
	}
	<-ctx.Done()
	wg.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// readInput ends with the input, which ends nothing else.
func (p *pushed) readInput(ctx context.Context) {
	err := receive.Lines(ctx, p.input, config.InputSource, p.inbox)
	switch {
	case err != nil:
		p.log.Error("the input cannot be read any more", "error", err)
	case ctx.Err() == nil:
		p.log.Info("the input has ended")
	}
}
