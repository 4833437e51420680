package service

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/bus"
	busserver "github.com/honeymoat/honeymoat/pkg/bus/embedded"
	"github.com/honeymoat/honeymoat/pkg/config"
)

// startBus starts the embedded server (with an external cluster, as its leaf
// node), and connects to it.
func (s *Service) startBus(ctx context.Context, l *lifecycle) error {
	opts, err := s.busOptions()
	if err != nil {
		return err
	}
	server, err := busserver.New(opts, s.log.With("part", "bus"))
	if err != nil {
		return err
	}
	l.start("bus server", server.Run)
	if err := l.await(ctx, server.Ready()); err != nil {
		return err
	}
	user, password := server.Login()
	b, err := bus.Connect(ctx, bus.Options{
		InProcess: server, User: user, Password: password, Domain: s.config.Bus.ExternalDomain,
		Replicas: s.config.Bus.Replicas, LinesBytes: int64(s.config.Bus.MaxBytes),
		OnDead:    s.onDeadLetter,
		Refused:   func(segments []string, counts map[block.ID]uint64) { s.responder.ToldByGateways(segments, counts) },
		Connected: server.Connected, Disconnect: server.Disconnect, MatchKeys: s.matchKeys,
		Spared:     func() []netip.Prefix { return s.responder.Guard().Spared() },
		Registerer: s.metrics, Logger: s.log.With("part", "bus"),
	})
	if err != nil {
		return fmt.Errorf("connect to the bus: %w", err)
	}
	l.push("bus connection", func() error { b.Close(); return nil })
	s.bus, s.busServer = b, server
	return nil
}

func (s *Service) busOptions() (busserver.Options, error) {
	key, err := s.dir.Secret("bus.key")
	if err != nil {
		return busserver.Options{}, err
	}
	opts := busserver.Options{Dir: s.dir.BusDir(), Key: key, Listen: s.config.Bus.Listen}
	if opts.Listen != "" {
		if opts.TLS, err = serverTLS(s.identity.server); err != nil {
			return busserver.Options{}, err
		}
	}
	if url := s.config.Bus.ExternalURL; url != "" {
		opts.Leaf = &busserver.Leaf{URLs: []string{url}, Credentials: s.config.Bus.Credentials}
	}
	return opts, nil
}

func serverTLS(pem auth.PEM) (*tls.Config, error) {
	cert, err := tls.X509KeyPair(pem.Cert, pem.Key)
	if err != nil {
		return nil, fmt.Errorf("server certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}

// busURLs is where agents are told to reach the bus; none when it does not
// listen for them.
func busURLs(cfg config.Service) []string {
	if cfg.Bus.Listen == "" {
		return nil
	}
	addresses := cfg.Bus.Advertise
	if len(addresses) == 0 {
		host, port, _ := net.SplitHostPort(cfg.Bus.Listen)
		hosts := cfg.API.Names
		if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() {
			hosts = []string{host}
		}
		for _, h := range hosts {
			addresses = append(addresses, net.JoinHostPort(h, port))
		}
	}
	urls := make([]string, len(addresses))
	for i, a := range addresses {
		urls[i] = "tls://" + a
	}
	return urls
}

// holder names this process to a second one that waits for the lease.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}
