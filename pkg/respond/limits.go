package respond

import (
	"cmp"
	"fmt"
	"net/netip"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// LedgerOptions bound what a Ledger keeps, and what it lets through. Zero
// fields take the defaults.
type LedgerOptions struct {
	MaxActors   int           // 50,000; over it those who were quiet longest go
	MaxFindings int           // 200,000 ids by which repetitions are known
	Remember    time.Duration // 48 h: how long actors, ids, ended blocks and removals are kept
	StaleAfter  time.Duration // 4 h: age from which evidence that asks for no block alarms nobody
	// Quiet is 15 min: what has been over for longer when it is told first
	// alarms nobody. The service takes its own for it.
	Quiet time.Duration

	PerMinute    int // 3,000 automatic blocks a minute; negative = no limit
	PerAgentOnly int // 600 a minute on one agent's word alone; negative = no limit
	PerRule      int // of one rule; 0 = half of PerMinute; negative = no limit
	PerSegment   int // in one segment; 0 = PerMinute; negative = no limit
	// BreakerPerMinute is how many automatic blocks a minute, those included
	// that budgets refuse, are a storm; 0 = twice PerMinute; negative = none is.
	BreakerPerMinute int

	// SharedAfter is from how many successful principals on an address is
	// shared; 0 = 5; negative = none is.
	SharedAfter int
	// PreviewSuccessful and PreviewPrincipals are how many successful requests
	// and principals of the last day a block may hit without a second person;
	// 0 = 1,000 and 50; negative = any number.
	PreviewSuccessful int
	PreviewPrincipals int

	// MaxWaiting is how many blocks of rules that would hit more wait for a
	// person at a time; 0 = 100; negative = none does, they are refused.
	MaxWaiting int

	MaxLifetime time.Duration // 7 days: to which lifetimes grow by repetition
	// WidenAfter is how many blocked /64 of a /56, and /56 of a /48, are blocked
	// as one; 0 = 4; negative = never.
	WidenAfter int

	Traffic  Traffic         // nil: nothing is known of the last day
	Rollouts rollout.Options // how rules come from shadow to enforcement
	// Policy says what makes which tier; nil = evidence.Default.
	Policy *evidence.Policy
	// Internal are our own networks, for rules of tiers that ask.
	Internal []netip.Prefix

	// Finished: logs of the past are played. Rules in rollout are taken for
	// rolled out, since what they would do is the question.
	Finished bool
}

func (o *LedgerOptions) setDefaults() {
	o.MaxActors = cmp.Or(o.MaxActors, 50_000)
	o.MaxFindings = cmp.Or(o.MaxFindings, 200_000)
	o.Remember = cmp.Or(o.Remember, 48*time.Hour)
	o.StaleAfter = cmp.Or(o.StaleAfter, 4*time.Hour)
	o.Quiet = cmp.Or(o.Quiet, 15*time.Minute)
	o.PerMinute = cmp.Or(o.PerMinute, 3000)
	o.PerAgentOnly = cmp.Or(o.PerAgentOnly, 600)
	o.PerRule = cmp.Or(o.PerRule, (o.PerMinute+1)/2)
	o.PerSegment = cmp.Or(o.PerSegment, o.PerMinute)
	o.BreakerPerMinute = cmp.Or(o.BreakerPerMinute, 2*o.PerMinute)
	o.SharedAfter = cmp.Or(o.SharedAfter, 5)
	o.PreviewSuccessful = cmp.Or(o.PreviewSuccessful, 1000)
	o.PreviewPrincipals = cmp.Or(o.PreviewPrincipals, 50)
	o.MaxWaiting = cmp.Or(o.MaxWaiting, 100)
	o.MaxLifetime = cmp.Or(o.MaxLifetime, 7*24*time.Hour)
	o.WidenAfter = cmp.Or(o.WidenAfter, 4)
	if o.Policy == nil {
		o.Policy = evidence.Default(evidence.NewScale(evidence.Options{}))
	}
}

// rulePreview is the guard's rule about what a block would hit.
const rulePreview = "preview"

// preview tells why a block that would hit so much is nobody's decision alone,
// or gives nil.
func (o *LedgerOptions) preview(what string, d Day) *Refusal {
	over := o.PreviewSuccessful >= 0 && d.Successful > uint64(o.PreviewSuccessful) ||
		o.PreviewPrincipals >= 0 && d.Principals > o.PreviewPrincipals
	if !over {
		return nil
	}
	return &Refusal{
		Rule: rulePreview,
		Reason: fmt.Sprintf("%s would have hit %d successful requests of %d principals in the last day; the limits are %d and %d",
			what, d.Successful, d.Principals, o.PreviewSuccessful, o.PreviewPrincipals),
		Hint: "block less: a user, a route, a narrower prefix; a person may ask for it, and a second one approve it",
	}
}

// shared tells why an address is not one client's, or gives nil.
func (o *LedgerOptions) shared(t block.Target, d Day) *Refusal {
	if o.SharedAfter < 0 || d.Principals < o.SharedAfter || !oneClient(t) {
		return nil
	}
	return &Refusal{
		Rule:   "shared",
		Reason: fmt.Sprintf("%s is shared: %d principals were successful from there in the last day", t, d.Principals),
		Hint:   "block the user, the key or the session behind it",
	}
}

// oneClient tells whether a target is what usually is one client's: an
// address, or an IPv6 prefix of at least 64 bits.
func oneClient(t block.Target) bool {
	p := t.Prefix()
	return t.Plain() && (p.IsSingleIP() || p.Addr().Is6() && p.Bits() >= clientBits)
}
