package httpapi

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func (s *Server) listActors(x *exchange) error {
	p := newParams(x.Request.URL)
	slice, kind, least := p.slice(), read(p, "kind", finding.ParseActorKind), read(p, "tier", finding.ParseTier)
	if err := p.err(); err != nil {
		return err
	}
	actors := slices.DeleteFunc(slices.Clone(s.options.Operator.Actors()), func(a respond.Actor) bool {
		return kind != "" && a.Actor.Kind != kind || a.Tier < least
	})
	slices.SortFunc(actors, func(a, b respond.Actor) int { return strings.Compare(urgency(a), urgency(b)) })
	page, err := pageOf(actors, slice, urgency)
	if err != nil {
		return err
	}
	x.JSON(http.StatusOK, wire.Page[wire.Actor]{Items: mapped(page.Items, actorOf), Next: page.Next})
	return nil
}

// urgency orders actors: the most urgent tier first, and who was seen last in
// it. An actor that changes between two pages may be on both or on none.
func urgency(a respond.Actor) string {
	return fmt.Sprintf("%03d %020d %s", math.MaxUint8-a.Tier, math.MaxInt64-max(0, a.LastSeen.UnixNano()), a.Actor)
}

func actorOf(a respond.Actor) wire.Actor {
	return wire.Actor{
		Kind: a.Actor.Kind, Value: a.Actor.Value, Tier: a.Tier.String(), Reasons: filledList(a.Reasons), Families: filledList(a.Families),
		Risk: a.Risk, Findings: a.Findings, FirstSeen: a.FirstSeen, LastSeen: a.LastSeen, BlockIDs: filledList(a.Blocks),
	}
}

func (s *Server) getActor(x *exchange) error {
	a, err := actorAt(x.Param("kind"), x.Param("value"))
	if err != nil {
		return invalid("value", err.Error())
	}
	actor, err := s.options.Operator.Actor(a)
	if err != nil {
		return notFound.with("there is no evidence about " + a.String())
	}
	x.JSON(http.StatusOK, wire.ActorDetail{Actor: actorOf(actor), Evidence: filledList(actor.Evidence)})
	return nil
}

// actorAt is the actor in a path. An address may be written in any way, and
// one of IPv6 means its /64.
func actorAt(kind, value string) (finding.Actor, error) {
	switch finding.ActorKind(kind) {
	case finding.Address, finding.Prefix:
		return finding.ParseActor(value)
	default:
		return finding.ParseActor(kind + ":" + value)
	}
}
