package embedded

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// serviceUser cannot be an agent's name: of its characters only the letters
// are allowed there.
const serviceUser = "$SERVICE"

// startTimeout bounds the server's start: it reads the index of every stream.
const startTimeout = 2 * time.Minute

// ErrNotRunning is wrapped when the server is used before it is ready or
// after its end.
var ErrNotRunning = errors.New("the bus server is not running")

// Server is the embedded bus server. All methods are safe for concurrent use.
type Server struct {
	opts     Options
	log      *logger
	password string
	ready    chan struct{}

	mu       sync.RWMutex
	srv      *server.Server // nil while it does not run
	accounts *accounts
}

// New checks the options and makes a server, which Run starts.
func New(opts Options, log *slog.Logger) (*Server, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	return &Server{
		opts:     opts,
		log:      &logger{log: log, fatal: make(chan error, 1)},
		password: rand.Text(),
		ready:    make(chan struct{}),
	}, nil
}

// Run starts the server and blocks until ctx ends or the server fails; it has
// stopped when Run returns. A server runs once. Errors wrap ErrLocked or
// ErrKey where the directory is the reason.
func (s *Server) Run(ctx context.Context) error {
	if s.opts.Leaf == nil {
		dir, err := claimDirectory(s.opts.Dir, s.opts.Key)
		if err != nil {
			return err
		}
		defer dir.release()
	}
	srv, err := s.start()
	if err != nil {
		return err
	}
	defer func() {
		s.mu.Lock()
		s.srv = nil
		s.mu.Unlock()
		srv.Shutdown()
		srv.WaitForShutdown()
	}()
	close(s.ready)
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.log.fatal:
		return fmt.Errorf("bus server: %w", err)
	}
}

// Ready is closed once the server can be connected to.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// InProcessConn opens a connection within the process. It makes Server a
// nats.InProcessConnProvider.
func (s *Server) InProcessConn() (net.Conn, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.srv == nil {
		return nil, ErrNotRunning
	}
	return s.srv.InProcessConn()
}

// Login is the user and password with which the service itself connects. They
// are made anew for every server and leave the process never.
func (s *Server) Login() (user, password string) { return serviceUser, s.password }

// Listen lets agents in, as lookup knows them, and gives the address where.
// It is not done by Run because who may come in is kept on this very bus: an
// agent that came before the registry was read would be refused for good.
// Without an address in Options it does nothing and gives nil.
func (s *Server) Listen(lookup Lookup) (net.Addr, error) {
	if s.opts.Listen == "" {
		return nil, nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.srv == nil {
		return nil, ErrNotRunning
	}
	s.accounts.admit(lookup)
	listening := make(chan struct{})
	s.srv.AcceptLoop(listening)
	<-listening
	if s.srv.Addr() == nil {
		return nil, fmt.Errorf("bus server: cannot listen for agents on %s: %w", s.opts.Listen, s.reason())
	}
	return s.srv.Addr(), nil
}

// Disconnect ends all connections of an agent at once. Call it after lookup
// has stopped to know the agent.
func (s *Server) Disconnect(agent string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.srv != nil {
		s.accounts.disconnect(agent)
	}
}

// Connected tells whether an agent has a connection now.
func (s *Server) Connected(agent string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.srv != nil && s.accounts.connected(agent)
}

func (s *Server) start() (*server.Server, error) {
	opts, err := s.serverOptions()
	if err != nil {
		return nil, err
	}
	gate := &accounts{password: s.password}
	opts.CustomClientAuthentication = gate
	srv, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("bus server: %w", err)
	}
	gate.srv = srv
	srv.SetLoggerV2(s.log, false, false, false)
	srv.Start()
	if !srv.ReadyForConnections(startTimeout) || len(s.log.fatal) > 0 {
		srv.Shutdown()
		srv.WaitForShutdown()
		return nil, fmt.Errorf("bus server: cannot start in %s: %w", s.opts.Dir, s.reason())
	}
	s.mu.Lock()
	s.srv, s.accounts = srv, gate
	s.mu.Unlock()
	return srv, nil
}

// reason is why the server failed, as it told its log.
func (s *Server) reason() error {
	select {
	case err := <-s.log.fatal:
		return err
	default:
		return errors.New("it gives no reason")
	}
}

func (s *Server) serverOptions() (*server.Options, error) {
	host, port, err := s.opts.address()
	if err != nil {
		return nil, err
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	o := &server.Options{
		ServerName: "honeymoat-" + rand.Text()[:8], // leaf nodes of one cluster need different names
		Host:       host, Port: port,
		DontListen: true, // see Listen
		NoSigs:     true,
		MaxPayload: MaxPayload,
		MaxPending: 256 << 20, // a snapshot of several million blocks in flight
		TLSConfig:  s.opts.TLS, TLS: s.opts.TLS != nil, TLSTimeout: 5, AuthTimeout: 5,
		AlwaysEnableNonce: true,
		// An agent that does not read what it asked for is to lose it, rather
		// than have the service wait: it asks again.
		NoFastProducerStall: true,
	}
	if s.opts.Leaf != nil {
		return o, s.opts.Leaf.apply(o)
	}
	o.JetStream = true
	o.StoreDir = s.opts.Dir
	o.SyncAlways = true
	o.JetStreamKey, o.JetStreamCipher = s.opts.Key, server.ChaCha
	o.JetStreamMaxStore = 1 << 50 // every stream has a budget of its own
	o.JetStreamMaxMemory = 256 << 20
	o.DisableJetStreamBanner = true
	return o, nil
}

func (l *Leaf) apply(o *server.Options) error {
	urls, err := l.parse()
	if err != nil {
		return err
	}
	o.LeafNode.ReconnectInterval = time.Second
	o.LeafNode.Remotes = []*server.RemoteLeafOpts{{
		URLs: urls, Credentials: l.Credentials, TLS: l.TLS != nil, TLSConfig: l.TLS,
	}}
	return nil
}
