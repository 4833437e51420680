package wso2

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// Options say what a Policies needs. At least one of AdminURL and TopicURL is
// required.
type Options struct {
	Source mirror.Source
	Now    func() time.Duration // a clock that never goes back
	// AdminURL is that of the Admin API, with its version:
	// https://wso2.example.net:9443/api/am/admin/v4.
	AdminURL string
	// Client sends requests to the Admin API with a token. See NewClient.
	Client *http.Client
	// TopicURL is that of the traffic manager's broker:
	// amqp://wso2.example.net:5672/carbon.
	TopicURL                 string
	TopicUser, TopicPassword string // empty: the broker's guest
	Tenant                   string // domain; empty means carbon.super
	// UsersFile lists users, one a line, that blocks may name: a block has but
	// a hash of its user. Empty: blocks on users are left out.
	UsersFile string
	// Keys are the match keys of the agent's segments.
	Keys func() []block.MatchKey
	// MadeFile remembers which policies are ours, and what the topic was told.
	MadeFile string
	// Every is how often all is compared and put right; 0 means a minute.
	Every   time.Duration
	Way     mirror.Way // hears what WSO2 holds; nil for nobody
	Log     *slog.Logger
	Metrics prometheus.Registerer // nil for none
}

// DefaultTenant is the tenant of a WSO2 that has no others.
const DefaultTenant = "carbon.super"

// Policies keeps blocks in WSO2.
type Policies struct {
	options Options
	log     *slog.Logger
	admin   *admin // nil: not used
	topic   *topic // nil: not used
	users   users
	made    *made
	count   *counters

	kept map[condition]string // policies in the Admin API, and their ids; nil = to be listed
	said map[condition]bool   // conditions that the topic was told of, by this process
}

const (
	gather       = 5 * time.Millisecond
	firstBackoff = 200 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// New makes an adapter. It changes nothing yet.
func New(o Options) (*Policies, error) {
	if o.AdminURL == "" && o.TopicURL == "" {
		return nil, errors.New("wso2: neither an Admin API nor a topic; set admin_url or topic_url")
	}
	o.Tenant, o.Every = cmp.Or(o.Tenant, DefaultTenant), cmp.Or(o.Every, time.Minute)
	count, err := newCounters(o.Metrics)
	if err != nil {
		return nil, err
	}
	p := &Policies{options: o, log: o.Log, count: count, users: users{file: o.UsersFile, keys: o.Keys, tenant: o.Tenant}, said: map[condition]bool{}}
	if p.made, err = loadMade(o.MadeFile); err != nil {
		return nil, err
	}
	if o.TopicURL != "" {
		broker, err := brokerURL(o.TopicURL, o.TopicUser, o.TopicPassword)
		if err != nil {
			return nil, err
		}
		p.topic = &topic{url: broker, tenant: o.Tenant}
	}
	if o.AdminURL != "" {
		p.admin = &admin{base: strings.TrimSuffix(o.AdminURL, "/"), client: cmp.Or(o.Client, http.DefaultClient)}
	}
	return p, nil
}

// Run keeps WSO2 in step until ctx ends. Failures are tried again.
func (p *Policies) Run(ctx context.Context) error {
	if p.topic != nil {
		defer p.topic.close()
	}
	m := mirror.New(mirror.Options{Source: p.options.Source, Want: Holds, Gather: gather, Now: p.options.Now, Way: p.options.Way})
	backoff, due := firstBackoff, p.options.Now()+p.options.Every // when all is put right, however much changes until then
	for ctx.Err() == nil {
		err := p.await(ctx, m, due)
		regular := p.options.Now() >= due
		if err == nil {
			err = p.step(ctx, m, regular)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			p.count.failures.Inc()
			p.log.Error("WSO2 is out of step; it is tried again", "error", err, "retry", backoff)
			m.Failed(err)
			p.kept = nil // what was done is not known: look
			due, backoff = p.options.Now()+backoff, min(2*backoff, maxBackoff)
		default:
			m.Done()
			if regular {
				due, backoff = p.options.Now()+p.options.Every, firstBackoff
			}
		}
	}
	return nil
}

// await waits for a change, or until it is time to put all right.
func (p *Policies) await(ctx context.Context, m *mirror.Mirror, due time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, due-p.options.Now())
	defer cancel()
	_, err := m.Next(waiting)
	if err != nil && waiting.Err() != nil {
		return ctx.Err()
	}
	return err
}

// step brings WSO2 to what the mirror shows; a regular one looks at all that
// it holds, and says everything again.
func (p *Policies) step(ctx context.Context, m *mirror.Mirror, regular bool) error {
	p.lookUpUsers()
	wanted, left, err := desired(m.All(), p.users.name)
	if err != nil {
		return err
	}
	p.count.left.Set(float64(left))
	p.count.conditions.Set(float64(len(wanted)))
	if regular {
		m.Left(mirror.Left{Blocks: left})
	}
	var failure error
	if p.topic != nil {
		failure = p.tell(ctx, wanted, regular)
	}
	if p.admin != nil {
		failure = errors.Join(failure, p.reconcile(ctx, wanted, regular))
	}
	return failure
}

// lookUpUsers takes over the file of users. Without it blocks on users whom
// nobody knows yet are left out, and all others are kept as ever.
func (p *Policies) lookUpUsers() {
	failed, again := p.users.news()
	p.count.usersFailing.Set(boolean(p.users.failed != ""))
	switch {
	case failed != nil:
		p.log.Error("the file of users cannot be read: blocks on users go by what it said before, if it did; all others are kept",
			"error", failed, "known", len(p.users.byHash))
	case again:
		p.log.Info("the file of users can be read again", "known", len(p.users.byHash))
	}
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// look takes note of what WSO2 holds. A policy of somebody else counts as
// there, with no id. One of ours that was switched off is switched on.
func (p *Policies) look(ctx context.Context, wanted map[condition]time.Duration) error {
	list, err := p.admin.list(ctx)
	if err != nil {
		return err
	}
	kept, ids := map[condition]string{}, map[string]condition{}
	for i := range list {
		c, ours, err := p.made.known(&list[i])
		if err != nil {
			p.log.Debug("a deny policy of another kind is left alone", "error", err)
			continue
		}
		id := list[i].ID
		if !ours {
			if _, is := kept[c]; !is && !list[i].off() {
				kept[c] = ""
			}
			continue
		}
		kept[c], ids[id] = id, c
		if _, is := wanted[c]; is && list[i].off() {
			if err := p.admin.switchOn(ctx, id); err != nil {
				return err
			}
		}
	}
	p.kept, p.made.ids = kept, ids
	clear(p.made.pending)
	return p.made.save()
}
