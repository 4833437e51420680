package decoy

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// minRequestID is the length from which a request id is taken to be unique.
const minRequestID = 8

// ProvisionalLifetime is how long an agent refuses a client on the strength
// of a touch that it saw itself, unless the service makes it a block.
const ProvisionalLifetime = 60 * time.Second

// RuleID is the rule that a touch of a decoy goes by.
func RuleID(decoyID string) string { return "decoy." + decoyID }

// FindingID is the identity of a touch: the same by agent, access log and
// decoy log. With a request id it is made of decoy, actor and request id, else
// of decoy, actor, host, path and second. The actor belongs to it: gateways that
// number their requests alike, or a client that could choose the id, would hide
// a touch behind somebody else's.
func FindingID(decoyID, requestID string, actor finding.Actor, host, path string, at time.Time) string {
	if len(requestID) >= minRequestID {
		return finding.NewID("decoy", decoyID, actor.String(), requestID)
	}
	clean := AppendClean(nil, []byte(path))
	return finding.NewID("decoy", decoyID, actor.String(), NormalHost(host),
		string(appendFolded(clean[:0], clean)), strconv.FormatInt(at.Unix(), 10))
}

// ProvisionalID is the id of the refusal that an agent makes of a finding
// until the service has decided.
func ProvisionalID(agent, findingID string) block.ID {
	return block.NewID("provisional", agent, findingID)
}

// NormalHost is a host in the form in which hosts are compared: lower case,
// without the port and the final dot.
func NormalHost(host string) string { return strings.ToLower(string(bareHost([]byte(host)))) }

// Touch is one sighting of a request for a decoy.
type Touch struct {
	Decoy    *Decoy
	Actor    finding.Actor
	Time     time.Time
	Sighting finding.Sighting
	// Internal: the client is in one of our own networks.
	Internal bool
	// Served: the application itself answered this request with success, so
	// the path is no decoy on this host.
	Served bool
	// Doubted: the application has served this path on this host before.
	Doubted bool
}

// Finding is the finding of a touch. It is a pure function of the touch: who
// sees the same request makes the same finding, but for its sighting.
func (t Touch) Finding() finding.Finding {
	d, s := t.Decoy, bounded(t.Sighting)
	f := finding.Finding{
		ID:          FindingID(d.ID, s.RequestID, t.Actor, s.Host, s.Path, t.Time),
		Time:        t.Time,
		Rule:        RuleID(d.ID),
		RuleVersion: d.Version,
		Family:      finding.Decoy,
		Actor:       t.Actor,
		Title:       "Decoy touched: " + d.Title,
		Sighting:    s,
	}
	f.Tier, f.Score, f.Reason = t.judge()
	f.Wanted = t.wanted()
	return f
}

func (t Touch) judge() (finding.Tier, float64, string) {
	what := strings.TrimSpace(t.Sighting.Method + " " + finding.Clip(t.Sighting.Path, finding.MaxPath))
	if t.Sighting.Host != "" {
		what += " on " + finding.Clip(t.Sighting.Host, finding.MaxHost)
	}
	switch {
	case t.Served:
		return finding.Log, 0.1, fmt.Sprintf("%s was answered %d by the application itself: decoy %q is in shadow there",
			what, t.Sighting.Status, t.Decoy.ID)
	case t.Doubted:
		return finding.Log, 0.2, fmt.Sprintf("%s, but the application has served this path there: decoy %q is in shadow", what, t.Decoy.ID)
	case t.Internal:
		return finding.Page, 1, what + ": a decoy touched from inside our own network"
	case t.Decoy.Context == In:
		return t.Decoy.Tier, 0.95, what + ": a path made to look like part of this API, which no client is told of"
	default:
		return t.Decoy.Tier, 0.9, what + ": a path that no application here serves"
	}
}

func (t Touch) wanted() finding.Wanted {
	if t.Served {
		return finding.Wanted{Shadow: true}
	}
	return finding.Wanted{
		LifetimeSeconds: int64(t.Decoy.Lifetime / time.Second),
		Shadow:          t.Doubted || t.Decoy.Mode == block.Shadow,
	}
}

// bounded is a sighting of which a finding can be made.
func bounded(s finding.Sighting) finding.Sighting {
	if len(s.Path) > finding.MaxPath {
		// What is cut off must not make another path of it.
		s.Path = string(AppendClean(nil, []byte(s.Path)))
	}
	return s.Bounded()
}

// Unlisted is the decoy behind a line of a decoy log whose path the catalogue
// does not have: what answers there is nothing but a decoy.
func (c *Catalogue) Unlisted() *Decoy {
	if c == nil {
		return unlisted()
	}
	return c.unlisted
}

func unlisted() *Decoy {
	d := &Decoy{
		ID: "unlisted", Title: "an endpoint that is nothing but a decoy", Context: Out,
		Paths: []string{"/*"}, Tier: finding.Log, Lifetime: DefaultLifetime, Response: Response{Status: 404},
	}
	d.Version = d.version()
	return d
}
