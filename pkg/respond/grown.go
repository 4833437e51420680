package respond

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// maxLooks is how many of the states that a waiting block has had are kept, so
// that whoever approves an earlier one can be told what has changed.
const maxLooks = 16

// ErrGrown is what every Grown is, for errors.Is.
var ErrGrown = errors.New("it has grown since it was looked at")

// Grown tells that what waits is more by now than what a person has looked at.
type Grown struct {
	Approval Approval // as it is now
	// Changed tells what is different, a phrase each, for people; none when
	// nobody knows (any more) what the revision was that they looked at.
	Changed []string
}

// Error implements error.
func (g *Grown) Error() string {
	return fmt.Sprintf("approval %s is of revision %s now: %v", g.Approval.ID, g.Approval.Revision, ErrGrown)
}

// Is makes every Grown an ErrGrown.
func (g *Grown) Is(target error) bool { return target == ErrGrown }

// look is what a person weighs who decides on what waits. More findings of the
// same are no other decision: a client that goes on would never be approved.
type look struct {
	Revision string       `json:"revision"`
	Action   block.Action `json:"action"`
	Terms    *block.Terms `json:"terms,omitempty"`
	Mode     block.Mode   `json:"mode"`
	Percent  uint8        `json:"percent,omitempty"`
	Tier     finding.Tier `json:"tier,omitempty"`
	Impact   *Day         `json:"impact,omitempty"`
}

// revise gives what waits another revision if it is something else to decide
// on than before. A revision is made of what it stands for, so that after a
// crash, when the evidence is read again, none stands for something else.
func (a *Approval) revise() {
	first := &a.Blocks[0]
	next := look{Action: first.Action, Terms: first.Terms, Mode: first.Mode, Percent: first.Percent, Tier: a.Tier, Impact: a.Impact}
	if n := len(a.Looks); n > 0 && !next.more(&a.Looks[n-1]) {
		return
	}
	next.Revision = a.sum(&next)
	a.Revision, a.Looks = next.Revision, appendBounded(a.Looks, next, maxLooks)
}

// more tells whether a look is not what another was. That ever more requests
// would be hit is so with everybody who goes on: only twice as many are news.
func (l *look) more(than *look) bool {
	return l.deed() != than.deed() || l.Tier != than.Tier || l.Impact.twice(than.Impact)
}

// deed is what would be done.
func (l *look) deed() string {
	text := l.Action.String() + " in mode " + l.Mode.String()
	if l.Mode == block.Canary {
		text += fmt.Sprintf(" for %d %%", l.Percent)
	}
	if terms := termsText(l.Terms); terms != "" {
		text += " with " + terms
	}
	return text
}

// twice tells whether a day has twice as many successful requests or
// principals as another, or is the first that is known.
func (d *Day) twice(than *Day) bool {
	switch {
	case d == nil:
		return false
	case than == nil:
		return true
	}
	return d.Successful > 2*than.Successful || d.Principals > 2*than.Principals
}

// sum names a revision.
func (a *Approval) sum(l *look) string {
	impact, err := json.Marshal(l.Impact)
	if err != nil { // plain numbers
		impact = nil
	}
	parts := []string{l.deed(), l.Tier.String(), string(impact)}
	for i := range a.Blocks {
		parts = append(parts, sameness(&a.Blocks[i]))
	}
	return finding.NewID(parts...)[:8]
}

// check compares what waits with the revision that a person has looked at;
// none agrees with whatever it is. The error is a *Grown.
func (a *Approval) check(revision string) error {
	if revision == "" || revision == a.Revision {
		return nil
	}
	grown := &Grown{Approval: *a}
	seen := slices.IndexFunc(a.Looks, func(l look) bool { return l.Revision == revision })
	if seen >= 0 {
		grown.Changed = a.Looks[len(a.Looks)-1].against(&a.Looks[seen])
	}
	return grown
}

// against tells what is different from an earlier look.
func (l *look) against(before *look) []string {
	var changed []string
	if was, is := before.deed(), l.deed(); was != is {
		changed = append(changed, fmt.Sprintf("it would %s, and not %s", is, was))
	}
	if before.Tier != l.Tier {
		changed = append(changed, fmt.Sprintf("people are told of it with tier %s, and not %s", l.Tier, before.Tier))
	}
	if l.Impact.twice(before.Impact) {
		changed = append(changed, "it would have hit "+l.Impact.text()+" in the last day, and not "+before.Impact.text())
	}
	return changed
}

func (d *Day) text() string {
	if d == nil {
		return "what nobody had counted"
	}
	return fmt.Sprintf("%d successful requests of %d principals", d.Successful, d.Principals)
}

// sameness tells blocks apart by what they do to whom, whoever asks for it when
// and why.
func sameness(b *block.Block) string {
	c := *b
	c.ID, c.CreatedAt, c.By, c.Batch, c.Reason, c.Findings, c.Repeat = 0, time.Time{}, "", "", "", nil, 0
	data, err := json.Marshal(c)
	if err != nil {
		return b.Key()
	}
	return string(data)
}

// sameAs names what is asked for: the same by a list of the same blocks.
func sameAs(blocks []block.Block) string {
	parts := make([]string, len(blocks))
	for i := range blocks {
		parts[i] = sameness(&blocks[i])
	}
	return finding.NewID(parts...)
}
