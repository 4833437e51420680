// Package bustest runs buses for tests: the embedded server with certificates
// of its own, alone or as a leaf node of an external server, which is the
// real one as well. Like package embedded it may import nats-server. It is
// linked into tests only.
package bustest

import (
	"context"
	"crypto/tls"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/honeymoat/honeymoat/pkg/bus/embedded"
)

// Key is the key with which the test's streams are encrypted.
const Key = "a key for tests, 32 bytes long.."

// Domain is the JetStream domain of the external server.
const Domain = "external"

// startTimeout bounds the start of a server in a test.
const startTimeout = time.Minute

// Server is a running embedded server.
type Server struct {
	*embedded.Server
	// ClientTLS is what an agent checks the server's certificate with.
	ClientTLS *tls.Config

	stop context.CancelFunc
	done chan error
}

// Start runs a server on a directory, or as a leaf node when leaf is not nil.
// It is stopped at the end of the test, or by Stop.
func Start(t testing.TB, dir string, leaf *embedded.Leaf) *Server {
	t.Helper()
	serverTLS, clientTLS := certificates(t)
	opts := embedded.Options{Dir: dir, Key: Key, Listen: "127.0.0.1:0", TLS: serverTLS, Leaf: leaf}
	srv, err := embedded.New(opts, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{Server: srv, ClientTLS: clientTLS, stop: cancel, done: make(chan error, 1)}
	go func() { s.done <- srv.Run(ctx) }()
	t.Cleanup(func() { s.Stop(t) })
	select {
	case <-srv.Ready():
	case err := <-s.done:
		s.done <- err
		t.Fatalf("bus server: %v", err)
	case <-time.After(startTimeout):
		t.Fatal("bus server does not start")
	}
	return s
}

// Stop stops the server and waits for its end. It may be called twice.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.stop()
	if err := <-s.done; err != nil {
		t.Errorf("bus server: %v", err)
	}
	s.done <- nil
}

// External runs an external server with JetStream on a directory, and gives
// how to join it as a leaf node. It is stopped at the end of the test.
func External(t testing.TB, dir string) *embedded.Leaf {
	t.Helper()
	service := server.NewAccount("honeymoat")
	srv, err := server.NewServer(&server.Options{
		ServerName: "external", Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true,
		JetStream: true, JetStreamDomain: Domain, StoreDir: dir, SyncAlways: true, DisableJetStreamBanner: true,
		JetStreamMaxStore: 1 << 50, MaxPayload: embedded.MaxPayload,
		Accounts: []*server.Account{service},
		Users:    []*server.User{{Username: "honeymoat", Password: "leaf", Account: service}},
		LeafNode: server.LeafNodeOpts{Host: "127.0.0.1", Port: server.RANDOM_PORT},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	if !srv.ReadyForConnections(startTimeout) {
		t.Fatal("external server does not start")
	}
	account, err := srv.LookupAccount("honeymoat")
	if err != nil {
		t.Fatal(err)
	}
	if err := account.EnableJetStream(nil, nil); err != nil {
		t.Fatal(err)
	}
	state, err := srv.Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &embedded.Leaf{URLs: []string{"nats-leaf://honeymoat:leaf@127.0.0.1:" + strconv.Itoa(state.LeafNode.Port)}}
}
