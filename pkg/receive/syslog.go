package receive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// Options say where messages come from and whose they are. Source, Inbox and
// Log are needed; other zero values take the defaults.
type Options struct {
	Source string        // messages are lines of its log
	Inbox  *ingest.Inbox // outlives every Run
	Log    *slog.Logger

	// Network is udp or tcp, Address a host and port to listen on.
	Network, Address string
	// Connections is how many senders may be connected by TCP; default 256.
	Connections int
	// Idle is how long a connection may send nothing; default an hour.
	Idle time.Duration
	// Grace is how long Run goes on to deliver what came before its end;
	// default 2 s.
	Grace time.Duration
}

// Syslog takes messages at one address.
type Syslog struct{ opts Options }

// NewSyslog makes a receiver. It listens to nothing yet.
func NewSyslog(o Options) *Syslog {
	o.Connections = cmp.Or(o.Connections, 256)
	o.Idle = cmp.Or(o.Idle, time.Hour)
	o.Grace = cmp.Or(o.Grace, 2*time.Second)
	o.Log = o.Log.With("source", o.Source, "address", o.Network+"://"+o.Address)
	return &Syslog{o}
}

// Run listens until ctx ends, which is no error. It fails when it cannot
// listen. It may be called again after it has returned.
func (s *Syslog) Run(ctx context.Context) error {
	if s.opts.Network == "udp" {
		conn, err := new(net.ListenConfig).ListenPacket(ctx, "udp", s.opts.Address)
		if err != nil {
			return s.cannotListen(err)
		}
		udp, ok := conn.(*net.UDPConn)
		if !ok {
			return errors.Join(fmt.Errorf("syslog: %T is no UDP socket", conn), conn.Close())
		}
		return s.ServePackets(ctx, udp)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.opts.Address)
	if err != nil {
		return s.cannotListen(err)
	}
	return s.ServeStreams(ctx, l)
}

func (s *Syslog) cannotListen(err error) error {
	return fmt.Errorf("syslog for source %s: %w (change its address under sources)", s.opts.Source, err)
}

// outliving is a context that ends a while after another one.
func outliving(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { stop(); cancel() }
}
