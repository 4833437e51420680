package bus

import (
	"crypto/tls"
	"log/slog"
	"net/netip"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Options say how the service reaches the bus and what it may use there.
type Options struct {
	// InProcess is the embedded server. When nil, URL is connected to.
	InProcess nats.InProcessConnProvider
	// URL of a server, several separated by commas.
	URL string
	// User and Password, or the path of a Credentials file.
	User, Password, Credentials string
	// TLS, when not nil, is used with URL.
	TLS *tls.Config
	// Domain is the JetStream domain of the external cluster that the embedded
	// server has joined as a leaf node. It is needed there: what has no domain
	// in its subject does not leave the leaf node. Empty with streams of our
	// own.
	Domain string
	// Replicas of each stream; 0 is 1. Only a cluster has more.
	Replicas int
	// LinesBytes is the disk budget of lines that are not processed yet; 0 is
	// 8 GiB. When it is used up, publishing fails with ingest.ErrFull.
	LinesBytes int64
	// RecordsBytes is the budget of rows that the store has not taken yet; 0
	// is 1 GiB.
	RecordsBytes int64
	// Patience is for how long a message that its consumer fails on is tried
	// again before it becomes a dead letter; 0 is 10 s.
	Patience time.Duration
	// OnDead is called for each dead letter, to tell people. May be nil.
	OnDead func(stream, reason string)
	// Refused takes how many requests each block has refused, as an agent of
	// these segments says. It does not wait. May be nil.
	Refused func(segments []string, counts map[block.ID]uint64)
	// Connected tells whether an agent has a connection with the embedded
	// server now. May be nil: then it is told from reports alone.
	Connected func(agent string) bool
	// Disconnect ends an agent's connections after it was revoked. May be nil.
	Disconnect func(agent string)
	// MatchKeys gives the keys under which the agents of a segment know users,
	// keys, tokens and sessions, the current one first. It is asked again each
	// second, and agents are told when it answers with others. Nil: none.
	MatchKeys func(segment string) []block.MatchKey
	// Spared lists whom agents must not refuse by themselves. It is asked again
	// each second, as MatchKeys is. Nil: agents are told nothing of it.
	Spared func() []netip.Prefix
	// Registerer takes the metrics; nil keeps them apart.
	Registerer prometheus.Registerer
	// Logger takes what a person may want to know; nil discards it.
	Logger *slog.Logger
}

// Defaults of Options.
const (
	defaultLinesBytes   = 8 << 30
	defaultRecordsBytes = 1 << 30
	defaultPatience     = 10 * time.Second
)

func (o *Options) setDefaults() {
	orDefault(&o.LinesBytes, defaultLinesBytes)
	orDefault(&o.RecordsBytes, defaultRecordsBytes)
	orDefault(&o.Patience, defaultPatience)
	orDefault(&o.Replicas, 1)
	if o.OnDead == nil {
		o.OnDead = func(string, string) {}
	}
	if o.Refused == nil {
		o.Refused = func([]string, map[block.ID]uint64) {}
	}
	if o.Connected == nil {
		o.Connected = func(string) bool { return false }
	}
	if o.Disconnect == nil {
		o.Disconnect = func(string) {}
	}
	if o.MatchKeys == nil {
		o.MatchKeys = func(string) []block.MatchKey { return nil }
	}
	if o.Spared == nil {
		o.Spared = func() []netip.Prefix { return nil }
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

func orDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// connect makes a connection that lasts until it is closed.
func (o *Options) connect(name string) (*nats.Conn, error) {
	return nats.Connect(o.URL, append(o.natsOptions(), nats.Name(name))...)
}

func (o *Options) natsOptions() []nats.Option {
	list := []nats.Option{
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectBufSize(-1), // a publish fails at once while the bus is away
		nats.ErrorHandler(func(_ *nats.Conn, s *nats.Subscription, err error) {
			subject := ""
			if s != nil {
				subject = s.Subject
			}
			o.Logger.Warn("the bus connection has an error", "subject", subject, "error", err)
		}),
	}
	if o.InProcess != nil {
		list = append(list, nats.InProcessServer(o.InProcess))
	}
	if o.User != "" {
		list = append(list, nats.UserInfo(o.User, o.Password))
	}
	if o.Credentials != "" {
		list = append(list, nats.UserCredentials(o.Credentials))
	}
	if o.TLS != nil && o.InProcess == nil {
		list = append(list, nats.Secure(o.TLS))
	}
	return list
}

func (o *Options) jetStream(nc *nats.Conn) (jetstream.JetStream, error) {
	timeout := jetstream.WithPublishAsyncTimeout(publishTimeout)
	if o.Domain != "" {
		return jetstream.NewWithDomain(nc, o.Domain, timeout)
	}
	return jetstream.New(nc, timeout)
}

// publishTimeout bounds the wait for an acknowledgement.
const publishTimeout = 10 * time.Second
