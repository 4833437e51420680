package httpapi

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/httpapi/bouncer"
	"github.com/honeymoat/honeymoat/pkg/httpapi/lists"
)

// Limits that protect the server from whoever connects.
const (
	headerTimeout   = 10 * time.Second
	readTimeout     = 60 * time.Second
	idleTimeout     = 2 * time.Minute
	maxHeaderBytes  = 32 << 10
	maxBody         = 1 << 20 // of requests, unless the route says otherwise
	maxFailingPeers = 10_000  // whose wrong tokens are counted
)

// Server is the front.
type Server struct {
	options  Options
	engine   *gin.Engine
	keyPair  *keyPair
	attempts *auth.Attempts
	codecs   *codecs
	doors    doors
	bouncers *bouncer.Handler
	lists    *lists.Handler
	metrics  *metrics
	testing  sync.Mutex // held while a backtest runs
	started  time.Time
	streams  context.Context // ends when Run does, and all streams with it
	end      context.CancelFunc
}

// New makes a server from options. It reads the certificate, registers
// metrics, and starts nothing.
func New(o Options) (*Server, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("make the http front: %w", err)
	}
	pair, err := newKeyPair(o.CertFile, o.KeyFile, o.Now, o.Log)
	if err != nil {
		return nil, fmt.Errorf("make the http front: %w", err)
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, fmt.Errorf("make the http front: %w", err)
	}
	s := &Server{
		options: o, keyPair: pair, metrics: m, started: o.Now(),
		doors: newDoors(o.Pushed), lists: lists.New(o.Blocklist),
		attempts: auth.NewAttempts(o.FailedPerMinute, time.Minute/time.Duration(o.FailedPerMinute), maxFailingPeers),
	}
	s.streams, s.end = context.WithCancel(context.Background())
	if s.codecs, err = newCodecs(); err != nil {
		return nil, fmt.Errorf("make the http front: %w", err)
	}
	if s.bouncers, err = s.newBouncers(); err != nil {
		return nil, fmt.Errorf("make the http front: %w", err)
	}
	s.engine, err = s.newEngine()
	if err != nil {
		return nil, fmt.Errorf("make the http front: %w", err)
	}
	return s, nil
}

// Run serves until ctx ends, then ends streams, lets other answers finish,
// and returns nil. It fails if it cannot listen. It may be called once.
func (s *Server) Run(ctx context.Context) error {
	defer s.end()
	all, err := s.listen()
	if err != nil {
		return err
	}
	failed := make(chan error, len(all))
	var serving sync.WaitGroup
	for _, l := range all {
		serving.Go(func() { failed <- l.serve() })
		s.options.Log.Info("http front is listening", "address", l.listener.Addr().String(), "tls", l.encrypted)
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	err = errors.Join(err, s.stop(all))
	serving.Wait()
	s.codecs.close()
	return err
}

// stop lets answers finish. Those that do not in time are cut off.
func (s *Server) stop(all []listening) error {
	s.end()
	grace, cancel := context.WithTimeout(context.Background(), s.options.Grace)
	defer cancel()
	var failures []error
	for _, l := range all {
		err := l.Shutdown(grace)
		if errors.Is(err, context.DeadlineExceeded) {
			s.options.Log.Warn("answers under way were cut off", "after", s.options.Grace)
			err = l.Close()
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}
