package bus

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// AgentOptions say how an agent reaches the bus.
type AgentOptions struct {
	// URLs of the service's bus listeners, tls://HOST:PORT.
	URLs []string
	// InProcess is a server in the same process, in place of URLs.
	InProcess nats.InProcessConnProvider
	// TLS checks the server's certificate.
	TLS *tls.Config
	// Name and Secret are the agent's credential.
	Name, Secret string
	// Stamped, unless it is nil, is told of each block before it is applied when
	// the service put it and when the bus began to write it, by their clocks: for
	// measuring. It must not wait.
	Stamped func(target block.Target, put, stored time.Time)
	// Logger takes what a person may want to know; nil discards it.
	Logger *slog.Logger
}

// Agent is an agent's connection with the service by the bus. Follow makes
// and keeps the connection; the other methods wait for it. All methods may be
// called at the same time, Follow by one goroutine.
type Agent struct {
	opts     AgentOptions
	log      *slog.Logger
	encoders encoders

	mu     sync.Mutex
	nc     *nats.Conn    // nil while there is none
	linked chan struct{} // closed when nc is there; a new one when it is lost
}

var _ ingest.Publisher = (*Agent)(nil)

// NewAgent checks the options. It does not connect.
func NewAgent(opts AgentOptions) (*Agent, error) {
	if err := validAgent(opts.Name); err != nil {
		return nil, fmt.Errorf("bus connection: %w", err)
	}
	if len(opts.URLs) == 0 && opts.InProcess == nil {
		return nil, errors.New("bus connection: no URL of the service's bus")
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	return &Agent{opts: opts, log: opts.Logger, linked: make(chan struct{})}, nil
}

const (
	firstRetry = 50 * time.Millisecond
	lastRetry  = 5 * time.Second
	// requestTimeout bounds a question whose context has no end.
	requestTimeout = 10 * time.Second
)

// Follow keeps f in step with the service until ctx ends, which is no error,
// over any number of lost connections. It returns early only when the
// credential is refused: the error then wraps ErrRefused.
func (a *Agent) Follow(ctx context.Context, f block.Follower) error {
	wait := firstRetry
	for ctx.Err() == nil {
		inStep, err := a.session(ctx, f)
		if ctx.Err() != nil {
			break
		}
		f.Lost(err)
		if errors.Is(err, ErrRefused) {
			return err
		}
		if inStep {
			wait = firstRetry
		}
		a.log.Info("the bus is tried again", "retry_in", wait, "error", err)
		sleep(ctx, wait/2+rand.N(wait)) // spread, because all agents have lost the same service
		wait = min(2*wait, lastRetry)
	}
	return nil
}

// connect makes a connection that ends at the first fault.
func (a *Agent) connect(closed chan<- error) (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name("honeymoat agent " + a.opts.Name),
		nats.UserInfo(a.opts.Name, a.opts.Secret),
		nats.NoReconnect(),
		nats.Timeout(5 * time.Second),
		nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2),
		nats.ClosedHandler(func(nc *nats.Conn) { closed <- nc.LastError() }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			a.log.Warn("the bus connection has an error", "error", err)
		}),
	}
	if a.opts.InProcess != nil {
		options = append(options, nats.InProcessServer(a.opts.InProcess))
	} else if a.opts.TLS != nil {
		options = append(options, nats.Secure(a.opts.TLS))
	}
	nc, err := nats.Connect(strings.Join(a.opts.URLs, ","), options...)
	switch {
	case errors.Is(err, nats.ErrAuthorization):
		return nil, fmt.Errorf("connect to the bus as %s: %w", a.opts.Name, ErrRefused)
	case err != nil:
		return nil, fmt.Errorf("connect to the bus: %w: %w", ErrAway, err)
	}
	return nc, nil
}

// use makes nc the connection of the other methods; nil takes it away.
func (a *Agent) use(nc *nats.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.nc = nc; nc != nil {
		close(a.linked)
	} else {
		a.linked = make(chan struct{})
	}
}

// conn waits for the connection.
func (a *Agent) conn(ctx context.Context) (*nats.Conn, error) {
	for {
		a.mu.Lock()
		nc, linked := a.nc, a.linked
		a.mu.Unlock()
		if nc != nil {
			return nc, nil
		}
		select {
		case <-linked:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ErrAway, context.Cause(ctx))
		}
	}
}

// request asks and waits for the answer, at most requestTimeout.
func (a *Agent) request(ctx context.Context, m *nats.Msg) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	nc, err := a.conn(ctx)
	if err != nil {
		return nil, err
	}
	reply, err := nc.RequestMsgWithContext(ctx, m)
	if err != nil {
		return nil, publishError(err)
	}
	return reply.Data, nil
}

// ask is request for the service's own answers.
func (a *Agent) ask(ctx context.Context, subject string, question any) (answer answerTo, err error) {
	m := nats.NewMsg(subject)
	if m.Data, err = json.Marshal(question); err != nil {
		return answer, err
	}
	data, err := a.request(ctx, m)
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return answer, fmt.Errorf("read the service's answer: %w", err)
	}
	if answer.Error != "" {
		return answer, fmt.Errorf("the service answers: %s", answer.Error)
	}
	return answer, nil
}

// Last implements ingest.Publisher.
func (a *Agent) Last(ctx context.Context, source, file string) (ingest.Mark, error) {
	o := linesOrigin{a.opts.Name, source, file}
	if err := o.validate(); err != nil {
		return ingest.Mark{}, fmt.Errorf("last batch: %w", err)
	}
	answer, err := a.ask(ctx, strings.Replace(o.subject(), "lines.", "last.", 1), nil)
	if err != nil {
		return ingest.Mark{}, fmt.Errorf("last batch of file %s: %w", file, err)
	}
	return ingest.Mark{
		Sequence: answer.Sequence, End: event.Position{Offset: answer.Offset, Line: answer.Line},
	}, nil
}

// Publish implements ingest.Publisher.
func (a *Agent) Publish(ctx context.Context, b *event.Batch, after uint64) (sequence uint64, err error) {
	o := linesOrigin{a.opts.Name, b.Source, b.Order()}
	if err := o.validate(); err != nil {
		return 0, fmt.Errorf("publish batch: %w", err)
	}
	err = a.encoders.with(b, func(data []byte) error {
		answer, err := a.request(ctx, batchMessage(o, event.Position{Offset: b.End, Line: b.NextLine}, after, data))
		if err == nil {
			sequence, err = parseAcknowledgement(answer)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("publish %s %d-%d: %w", o.subject(), b.Start, b.End, err)
	}
	return sequence, nil
}

// Report tells what is enforced. It may be lost; the next one stands for it.
func (a *Agent) Report(ctx context.Context, r block.Report) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	nc, err := a.conn(ctx)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := nc.Publish("report."+a.opts.Name, data); err != nil {
		return fmt.Errorf("report: %w", publishError(err))
	}
	return nil
}

// Touch tells of a decoy touched in the request path. It returns when the
// service has it durably.
func (a *Agent) Touch(ctx context.Context, f finding.Finding) error {
	if _, err := a.ask(ctx, "touch."+a.opts.Name, f); err != nil {
		return fmt.Errorf("tell of touch %s: %w", f.ID, err)
	}
	return nil
}
