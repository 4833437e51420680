package httpapi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/honeymoat/honeymoat/pkg/auth"
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
		doors:    newDoors(o.Pushed),
		attempts: auth.NewAttempts(o.FailedPerMinute, time.Minute/time.Duration(o.FailedPerMinute), maxFailingPeers),
	}
	s.streams, s.end = context.WithCancel(context.Background())
	if s.codecs, err = newCodecs(); err != nil {
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
	listener, err := s.listen()
	if err != nil {
		return err
	}
	server := s.newServer()
	served := make(chan error, 1)
	go func() { served <- server.ServeTLS(listener, "", "") }()
	s.options.Log.Info("http front is listening", "address", listener.Addr().String())
	select {
	case err = <-served:
	case <-ctx.Done():
		err = s.stop(server)
		<-served
	}
	s.codecs.close()
	if err != nil {
		return fmt.Errorf("serve http on %s: %w", listener.Addr(), err)
	}
	return nil
}

func (s *Server) listen() (net.Listener, error) {
	if s.options.Listener != nil {
		return s.options.Listener, nil
	}
	listener, err := net.Listen("tcp", s.options.Address)
	if err != nil {
		return nil, fmt.Errorf("listen for http: %w; is another honeymoat running?", err)
	}
	return listener, nil
}

func (s *Server) newServer() *http.Server {
	return &http.Server{
		Handler:           s.engine,
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.keyPair.get},
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      s.options.QueryTimeout + readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// What goes wrong below HTTP is the doing of strangers mostly.
		ErrorLog: slog.NewLogLogger(s.options.Log.Handler(), slog.LevelDebug),
	}
}

// stop lets answers finish. Those that do not in time are cut off.
func (s *Server) stop(server *http.Server) error {
	s.end()
	grace, cancel := context.WithTimeout(context.Background(), s.options.Grace)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		s.options.Log.Warn("answers under way were cut off", "after", s.options.Grace)
		return server.Close()
	}
	return err
}
