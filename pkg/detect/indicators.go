package detect

import (
	"fmt"
	"strconv"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/indicator"
)

// Listing is what a client deserves that a threat feed lists.
type Listing struct {
	Tier   finding.Tier // 0 means log
	Wanted finding.Wanted
}

// Indicators are threat indicators, and what their feeds are taken for.
type Indicators struct {
	Set   *indicator.Set
	Feeds map[string]Listing // by name; a feed that is not there is logged
}

// deserved is the strongest that one of the feeds of a match is taken for.
func (known *Indicators) deserved(m indicator.Match) Listing {
	var d Listing
	for i := range m.All() {
		l := known.Feeds[i.Feed]
		d.Tier = max(d.Tier, l.Tier)
		if stronger(l.Wanted, d.Wanted) {
			d.Wanted = l.Wanted
		}
	}
	return d
}

// stronger tells whether a block is wanted more than another: one that is
// enforced more than one in rollout, that more than one in shadow, then the
// longer one.
func stronger(a, b finding.Wanted) bool {
	if a.LifetimeSeconds == 0 || b.LifetimeSeconds == 0 || force(a) == force(b) {
		return a.LifetimeSeconds > b.LifetimeSeconds
	}
	return force(a) > force(b)
}

func force(w finding.Wanted) int {
	switch {
	case w.Shadow:
		return 0
	case w.Rollout:
		return 1
	default:
		return 2
	}
}

// A client that is listed is told once in so long.
const (
	listedFor = time.Hour
	maxListed = 1 << 16
)

// lookout looks rows up in a set of indicators.
type lookout struct {
	known  *Indicators
	agents *indicator.Agents // user agents of late
}

func newLookout(known *Indicators) *lookout {
	return &lookout{known: known, agents: known.Set.Agents()}
}

// indicated makes a finding of a row that a threat feed knows. What we call
// ourselves is looked up by its host, for who is called.
func (s *scan) indicated(row int) {
	l := s.lookout
	if l == nil {
		return
	}
	if m, ok := s.lookUp(l, row); ok {
		s.listed(m, row)
	}
}

// lookUp gives what is known of a row: of its client first.
func (s *scan) lookUp(l *lookout, row int) (indicator.Match, bool) {
	b, set, at := s.batch, l.known.Set, s.time(row)
	host, path, query := b.Text(event.Host, row), b.Text(event.Path, row), b.Text(event.Query, row)
	if b.Direction == event.Egress {
		if m, ok := set.URL(host, path, query, at); ok {
			return m, true
		}
		return set.Host(host, at)
	}
	if m, ok := set.Addr(b.Addr(event.ClientAddress, row), at); ok {
		return m, true
	}
	if m, ok := l.agents.Find(b.Text(event.UserAgent, row), at); ok {
		return m, true
	}
	if m, ok := set.URL(host, path, query, at); ok {
		return m, true
	}
	if m, ok := set.Fingerprint(b.Text(event.TLSFingerprint, row), at); ok {
		return m, true
	}
	return set.Link(b.Text(event.Referer, row), at)
}

// listed makes the finding, one for a client, a feed and an hour.
func (s *scan) listed(m indicator.Match, row int) {
	actor, ok := s.actor(finding.Address, row)
	if !ok {
		s.detector.counts.noClient.Add(1)
		return
	}
	at := s.time(row)
	rule := "intel." + m.Feed()
	id := finding.NewID(rule, actor.String(), strconv.FormatInt(at.Truncate(listedFor).Unix(), 10))
	if !s.detector.firstListed(id, at) {
		return
	}
	known := m.Indicator()
	deserved := s.lookout.known.deserved(m)
	s.tell(finding.Finding{
		ID: id, Time: at, Rule: rule, RuleVersion: "1", Family: finding.Intel, Tier: max(deserved.Tier, finding.Log),
		Score: float64(known.Confidence) / 100, Actor: actor, Title: "Listed by the feed " + known.Feed,
		Reason:   reasonOfListing(&known, m.Feeds(), s.request(row)),
		Sighting: s.sighting(row).Bounded(), Wanted: deserved.Wanted, API: string(s.batch.Text(event.API, row)),
	}, nil, row)
}

func reasonOfListing(known *indicator.Indicator, feeds int, request string) string {
	reason := fmt.Sprintf("%s %s is listed with a confidence of %d", known.Kind, finding.Clip(known.Value, maxGroupText), known.Confidence)
	if feeds > 1 {
		reason += fmt.Sprintf(", and by %d feeds in all", feeds)
	}
	if len(known.Labels) > 0 {
		reason += fmt.Sprintf(" (%v)", known.Labels)
	}
	return reason + ": " + request
}

// firstListed tells whether a listing was not told yet.
func (d *Detector) firstListed(id string, at time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.listed.has(id) {
		return false
	}
	d.listed.put(id, at)
	return true
}
