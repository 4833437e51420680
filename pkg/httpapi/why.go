package httpapi

import (
	"net/http"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func (s *Server) why(x *exchange) error {
	p := newParams(x.Request.URL)
	target := wantedTarget(p)
	if err := p.err(); err != nil {
		return err
	}
	return s.answerWhy(x, target)
}

// askWhy is why for a target that does not belong into a URL.
func (s *Server) askWhy(x *exchange) error {
	r, err := decodeTarget(x)
	if err != nil {
		return err
	}
	return s.answerWhy(x, r)
}

func (s *Server) answerWhy(x *exchange, target wire.Criteria) error {
	e, err := s.options.Operator.Why(respond.Question{Criteria: target, Stored: s.stored(target)})
	if err != nil {
		return invalid("target", err.Error())
	}
	w := whyOf(e)
	w.Target = target.Hidden()
	stages := s.stages()
	for i := range w.Blocks {
		w.Blocks[i].Stage = stages[[2]string{w.Blocks[i].Rule, w.Blocks[i].RuleVersion}]
	}
	x.JSON(http.StatusOK, w)
	return nil
}

// stored gives what may stand in the store and in findings for the secrets of
// a target, by scope.
func (s *Server) stored(target wire.Criteria) map[block.Scope][]string {
	hashes := map[block.Scope][]string{}
	for _, c := range target {
		if c.Scope.Secret() {
			hashes[c.Scope] = s.options.Subjects.Hash(c.Value)
		}
	}
	return hashes
}

// stages tells how far each version of a rule has come.
func (s *Server) stages() map[[2]string]string {
	stages := map[[2]string]string{}
	for _, l := range s.options.Operator.Rollouts() {
		stages[[2]string{l.Rule, l.Version}] = l.Stage.String() + ", " + string(l.State)
	}
	return stages
}

func whyOf(e respond.Explanation) wire.Why {
	w := wire.Why{
		Blocks: mapped(e.Blocks, func(c respond.Covering) wire.WhyBlock {
			return wire.WhyBlock{Block: wire.BlockOf(c.Block), Denied: c.Denied, ToldByGateways: c.ByGateways, Partly: c.Partly}
		}),
		Ended:    mapped(e.Ended, endedOf),
		Evidence: []finding.Finding{},
		Audit:    mapped(e.Audit, func(a respond.AuditEntry) wire.AuditEntry { return wire.AuditEntry(a) }),
	}
	if e.Refusal != nil {
		w.Protected = e.Refusal.Reason
	}
	if e.Actor != nil {
		actor := actorOf(*e.Actor)
		w.Actor, w.Evidence = &actor, filledList(e.Actor.Evidence)
	}
	for i := range e.Unmade {
		w.Unmade = append(w.Unmade, unmadeOf(&e.Unmade[i]))
	}
	for _, d := range e.Discards {
		w.Discarded = append(w.Discarded, d.ID)
	}
	return w
}

func unmadeOf(u *respond.Unmade) wire.UnmadeBlock {
	w := wire.UnmadeBlock{
		Segment: u.Segment, Action: u.Action, AskedBy: "rule:" + u.Rule, Finding: u.Finding, FoundAt: u.Found, Since: u.Since, At: u.At, Times: u.Times,
		Rule: u.Because.Rule, Reason: u.Because.Reason, Hint: u.Because.Hint, Approval: u.Approval,
	}
	if u.Target.Valid() {
		w.Target = &u.Target
	}
	return w
}

func endedOf(e respond.Ended) wire.EndedBlock {
	return wire.EndedBlock{
		Block: wire.BlockOf(e.Block), Denied: e.Denied, ToldByGateways: e.ByGateways,
		Ended: wire.BlockEnd{How: e.How, At: e.At, By: e.By, Reason: e.Reason},
	}
}

// previewed is how far back a preview looks unless it is told.
const previewed = 24 * time.Hour

func (s *Server) preview(x *exchange) error {
	p := newParams(x.Request.URL)
	target, period := wantedTarget(p), p.period()
	if err := p.err(); err != nil {
		return err
	}
	return s.answerPreview(x, target, period)
}

// askPreview is preview for a target that does not belong into a URL.
func (s *Server) askPreview(x *exchange) error {
	p := newParams(x.Request.URL)
	period := p.period()
	if err := p.err(); err != nil {
		return err
	}
	target, err := decodeTarget(x)
	if err != nil {
		return err
	}
	return s.answerPreview(x, target, period)
}

func (s *Server) answerPreview(x *exchange, target wire.Criteria, period wire.Period) error {
	if slices.ContainsFunc(target, func(c block.Criterion) bool { return c.Scope.Secret() && block.IsMatched(c.Value) }) {
		return invalid("target", "the store knows nobody by the hashes of agents: give the user, key, token or session itself")
	}
	if period.Until.IsZero() {
		period.Until = s.options.Now().UTC()
	}
	if period.Since.IsZero() {
		period.Since = period.Until.Add(-previewed)
	}
	v, err := s.options.History.Preview(x.Request.Context(), target, period)
	v.Routes, v.Target = filledList(v.Routes), target.Hidden()
	return one(x, v, err)
}

func wantedTarget(p *params) wire.Criteria {
	target := read(p, "target", canonicalTarget)
	if p.values.Get("target") == "" {
		p.wrong("target", noTarget)
	}
	return target
}

const noTarget = "want an address, a prefix or SCOPE:VALUE"

func canonicalTarget(s string) (wire.Criteria, error) {
	target, err := wire.ParseCriteria(s)
	if err != nil {
		return nil, err
	}
	return target.Canonical()
}

func decodeTarget(x *exchange) (wire.Criteria, error) {
	r, err := decode[wire.TargetRequest](x.Request)
	if err != nil {
		return nil, err
	}
	if len(r.Target) == 0 {
		return nil, invalid("target", noTarget)
	}
	target, err := r.Target.Canonical()
	if err != nil {
		return nil, invalid("target", targetFault(err))
	}
	return target, nil
}
