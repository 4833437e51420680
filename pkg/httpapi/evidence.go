package httpapi

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// getActorEvidence tells what the evidence about an actor comes to.
func (s *Server) getActorEvidence(x *exchange) error {
	a, err := actorAt(x.Param("kind"), x.Param("value"))
	if err != nil {
		return invalid("value", err.Error())
	}
	e, err := s.options.Operator.Explain(a)
	if err != nil {
		return notFound.with("there is no evidence about " + a.String())
	}
	x.JSON(http.StatusOK, wire.ActorEvidence{
		Actor: e.Actor, Tier: e.Tier.String(), Risk: e.Risk, Kinds: filledList(e.Kinds), Contributions: mapped(e.Contributions, s.contributionOf),
		Stories: mapped(e.Stories, storyOf),
	})
	return nil
}

func storyOf(st respond.Story) wire.Story {
	return wire.Story{
		Family: st.Family, Tier: st.Tier.String(), Rule: st.Rule, Reasons: filledList(st.Reasons), Lasting: len(st.Lasting), Alerted: st.Alert != nil,
	}
}

// listTiers lists the rules that make tiers, the most urgent first.
func (s *Server) listTiers(x *exchange) error {
	p := newParams(x.Request.URL)
	slice := p.slice()
	if err := p.err(); err != nil {
		return err
	}
	rules := mapped(s.options.Operator.Tiers().Rules(), wire.TierRuleOf)
	place := make(map[string]string, len(rules)) // their names are distinct
	for i := range rules {
		place[rules[i].Name] = fmt.Sprintf("%06d", i)
	}
	page, err := pageOf(rules, slice, func(t wire.TierRule) string { return place[t.Name] })
	if err != nil {
		return err
	}
	x.JSON(http.StatusOK, page)
	return nil
}

// keepFinding takes an analyst's word that a finding was right. One that is
// not in memory any more is looked up in the store.
func (s *Server) keepFinding(x *exchange) error {
	r, err := decode[wire.Reason](x.Request)
	if err != nil {
		return err
	}
	var f faults
	f.reason(r.Reason)
	if err := f.err(); err != nil {
		return err
	}
	ctx, keep := x.Request.Context(), respond.AddKeep{Finding: x.Param("id"), Reason: r.Reason}
	v, err := s.options.Operator.Keep(ctx, x.caller, keep)
	if !errors.Is(err, respond.ErrNotFound) {
		return created(x, v, err)
	}
	found, err := s.options.History.Finding(ctx, keep.Finding)
	if err != nil {
		return fromStore(err)
	}
	keep.Rule, keep.Kind = found.Rule, found.Actor.Kind
	v, err = s.options.Operator.Keep(ctx, x.caller, keep)
	return created(x, v, err)
}

func (s *Server) unkeepFinding(x *exchange) error {
	if err := s.options.Operator.RemoveKeep(x.Request.Context(), x.caller, x.Param("id")); err != nil {
		return fromBus(err)
	}
	x.Status(http.StatusNoContent)
	return nil
}

// listFeedback tells by how much analysts have moved rules.
func (s *Server) listFeedback(x *exchange) error {
	p := newParams(x.Request.URL)
	slice := p.slice()
	if err := p.err(); err != nil {
		return err
	}
	page, err := pageOf(s.options.Operator.Feedback(), slice, func(o evidence.Opinion) string { return o.Rule + " " + string(o.Kind) })
	if err != nil {
		return err
	}
	x.JSON(http.StatusOK, wire.Page[wire.Opinion]{Items: mapped(page.Items, s.opinionOf), Next: page.Next})
	return nil
}
