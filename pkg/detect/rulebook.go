package detect

import (
	"cmp"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/correlate"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// RulebookOptions bound what correlations remember.
type RulebookOptions struct {
	Windows correlate.Options
	// Clock gives nanoseconds, for the costs of rules; nil counts steps only.
	Clock func() int64
}

// Rulebook is a collection of rules, compiled. It is immutable, and may be
// used by several detectors.
type Rulebook struct {
	collection   *sigma.Collection
	options      RulebookOptions
	program      *match.Program
	singles      []judgement // by the program's index
	correlations map[*sigma.Correlation]judgement
}

// NewRulebook compiles a collection.
func NewRulebook(c *sigma.Collection, o RulebookOptions) *Rulebook {
	b := &Rulebook{
		collection: c, options: o, program: match.Compile(c.Rules, match.Options{Clock: o.Clock}),
		correlations: map[*sigma.Correlation]judgement{},
	}
	for _, r := range b.program.Rules() {
		b.singles = append(b.singles, newJudgement(&r.Meta, r.Silent, nil))
	}
	for _, r := range c.Correlations {
		b.correlations[r] = newJudgement(&r.Meta, r.Silent, r.GroupBy)
	}
	return b
}

// Collection is what was compiled.
func (b *Rulebook) Collection() *sigma.Collection { return b.collection }

// Skipped are the rules that are about other logs than ours.
func (b *Rulebook) Skipped() []match.Skipped { return b.program.Skipped() }

// Size is how many rules and correlations are in force.
func (b *Rulebook) Size() int { return len(b.singles) + len(b.correlations) }

// judgement is what all findings of a rule have in common.
type judgement struct {
	silent bool // its matches only count for correlations
	blank  finding.Finding
	actor  finding.ActorKind // whom the record names; empty: the client, or whom the group names
	group  int               // place in GroupBy of who the finding is about; -1 = the record says
	scopes []block.Scope     // what of the record is blocked; none = whom the finding is about
}

// scores tell how bad a match is by the rule's level. A rule without a level is
// one of medium.
var scores = map[sigma.Level]float64{
	sigma.NoLevel: 0.5, sigma.Informational: 0.1, sigma.Low: 0.3, sigma.Medium: 0.5, sigma.High: 0.8, sigma.Critical: 0.95,
}

func newJudgement(m *sigma.Meta, silent bool, groupBy []string) judgement {
	x := m.Honeymoat
	j := judgement{silent: silent, actor: x.Actor, group: -1, scopes: x.Block.Scopes(), blank: finding.Finding{
		Rule: m.Key(), RuleVersion: m.Version, Family: m.Family(), Tier: m.Tier(), Score: scores[m.Level], Title: m.Title,
		Wanted: wantedOf(x.Block),
	}}
	if kind, group := actorOfGroup(groupBy, x.Actor); j.actor == "" || group >= 0 {
		j.actor, j.group = kind, group
	}
	return j
}

// wantedOf is what all findings of a rule want alike.
func wantedOf(b sigma.Block) finding.Wanted {
	w := finding.Wanted{
		LifetimeSeconds: int64(b.TTL / time.Second), Shadow: b.Mode == sigma.BlockShadow, Rollout: b.Mode == sigma.BlockRollout,
		Scope: b.Scope, Status: b.Status, Header: b.Header, Value: b.Value, Rate: b.Rate, Burst: b.Burst,
	}
	if b.Action != block.Deny {
		w.Action = b.Action.String()
	}
	return w
}

// actorFields are the fields that name somebody, the most telling first: of a
// group by address and user the address is held responsible.
var actorFields = []struct {
	name string
	kind finding.ActorKind
}{
	{event.ClientAddress.String(), finding.Address},
	{event.User.String(), finding.User},
	{event.Application.String(), finding.Application},
	{event.Principal.String(), finding.Token},
	{event.Session.String(), finding.Session},
	{event.TLSFingerprint.String(), finding.Fingerprint},
}

// actorOfGroup finds who a correlation is about by what it groups by: an actor
// of the wanted kind, or of any when none is wanted. One that groups by nobody
// is about the client of the record that completes it.
func actorOfGroup(groupBy []string, wanted finding.ActorKind) (finding.ActorKind, int) {
	for _, a := range actorFields {
		if wanted != "" && !sameActors(wanted, a.kind) {
			continue
		}
		for i, name := range groupBy {
			if f, ok := match.FieldOf(name); ok && isField(f, a.name) {
				return cmp.Or(wanted, a.kind), i
			}
		}
	}
	return finding.Address, -1
}

// sameActors tells whether two kinds of actors have one field: a record's
// principal is a key or a token.
func sameActors(a, b finding.ActorKind) bool {
	return a == b || a == finding.Key && b == finding.Token
}
