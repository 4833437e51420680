package httpapi

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// Options say what the front serves and how.
type Options struct {
	// Listener is used if it is set, else Address (host:port) is listened on.
	// The listener is closed when Run returns.
	Listener net.Listener
	Address  string
	// CertFile and KeyFile are PEM. They are read again when they change; a
	// pair that cannot be read leaves the old one in use.
	CertFile, KeyFile string
	// PlainListener is used if it is set, else PlainAddress is listened on if
	// there is one: without TLS, by CrowdSec's bouncers alone, so it is to be on
	// loopback. The listener is closed when Run returns.
	PlainListener net.Listener
	PlainAddress  string
	// Proxies are the reverse proxies in front of this server whose
	// X-Forwarded-For is believed.
	Proxies []netip.Prefix

	// Tokens gives the current tokens of people and programs.
	Tokens func() *auth.Tokens
	// FailedPerMinute is how many wrong tokens an address may send before it
	// has to wait. 0 = 30.
	FailedPerMinute int
	// PublicMetrics serves /metrics without a token. Otherwise it takes the
	// token of a viewer.
	PublicMetrics bool

	// CAPEM is the certificate of the authority that agents are to trust, CA
	// its fingerprint, and BusURLs where agents reach the bus; no URL means
	// that they use the stream of this server.
	CAPEM   []byte
	CA      auth.Digest
	BusURLs []string

	// Version is the version of the program.
	Version string
	// Parts tells how each part of the service does. It answers quickly.
	Parts func() []wire.Part
	// Baselines tells how far it is known what is normal.
	Baselines func() wire.Baselines
	// Catalogue gives the current decoys.
	Catalogue func() *decoy.Catalogue
	// Alertmanager serves the API of the embedded Alertmanager below
	// /alertmanager/; nil when there is none.
	Alertmanager http.Handler

	History   History
	Operator  Operator
	Blocklist Blocklist
	Agents    Agents
	Feed      Feed
	Retries   Retries
	Subjects  Subjects
	Rules     Rules
	// Inbox takes what is pushed for the sources in Pushed; it may be nil when
	// there are none.
	Inbox  *ingest.Inbox
	Pushed []string
	// PushWait is how long who pushes waits for the bus before it is told to
	// try again; 0 = 2 s, which is less than gateways wait for an answer.
	PushWait time.Duration
	// Lines gives what appends to the bus in an agent's name.
	Lines func(agent string) ingest.Publisher

	Log        *slog.Logger
	Registerer prometheus.Registerer
	Gatherer   prometheus.Gatherer

	// QueryTimeout bounds the time that an answer may take; 0 = 30 s. Streams
	// are not bound by it.
	QueryTimeout time.Duration
	// SlowReader is how long a reader of a stream may take nothing before it is
	// cut off; 0 = 10 s.
	SlowReader time.Duration
	// Grace is how long Run waits for answers under way when it stops; 0 = 10 s.
	Grace time.Duration
	// Now and Random are time.Now and crypto/rand's Reader if not set.
	Now    func() time.Time
	Random io.Reader
}

const (
	defaultFailed       = 30
	defaultQueryTimeout = 30 * time.Second
	defaultSlowReader   = 10 * time.Second
	defaultGrace        = 10 * time.Second
	defaultPushWait     = 2 * time.Second
)

func (o Options) withDefaults() Options {
	setDefault(&o.FailedPerMinute, defaultFailed)
	setDefault(&o.QueryTimeout, defaultQueryTimeout)
	setDefault(&o.SlowReader, defaultSlowReader)
	setDefault(&o.Grace, defaultGrace)
	setDefault(&o.PushWait, defaultPushWait)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func setDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

func (o *Options) validate() error {
	for _, need := range []struct {
		missing bool
		what    string
	}{
		{o.Listener == nil && o.Address == "", "an address to listen on"},
		{o.CertFile == "" || o.KeyFile == "", "a certificate and its key"},
		{o.Tokens == nil, "tokens"},
		{o.Parts == nil || o.Catalogue == nil || o.Baselines == nil, "what the status is made of"},
		{o.History == nil, "the history"},
		{o.Subjects == nil, "what finds people"},
		{o.Rules == nil, "the rules"},
		{o.Operator == nil || o.Blocklist == nil, "the blocks"},
		{o.Agents == nil || o.Feed == nil || o.Lines == nil || o.Retries == nil, "the bus"},
		{o.Inbox == nil && len(o.Pushed) > 0, "what takes pushed logs"},
		{o.Registerer == nil || o.Gatherer == nil, "metrics"},
	} {
		if need.missing {
			return fmt.Errorf("options lack %s", need.what)
		}
	}
	if o.FailedPerMinute < 0 {
		return errors.New("failed tokens a minute: want at least 1")
	}
	return nil
}
