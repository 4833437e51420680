package cli

import (
	"context"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// ActorLinks knows a token that two addresses use.
func (noStore) ActorLinks(_ context.Context, a finding.Actor, p wire.Period) (wire.ActorLinks, error) {
	v := wire.ActorLinks{Actor: a, Since: p.Since, Until: p.Until}
	if a.Kind != finding.Token {
		return v, nil
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	address := finding.Actor{Kind: finding.Address, Value: "192.0.2.7"}
	v.Links = []wire.Link{{Actor: address, Requests: 7, FirstSeen: at, LastSeen: at, Others: 1}}
	v.Linked = []wire.LinkedActor{{Actor: finding.Actor{Kind: finding.Token, Value: "k1:other"}, Through: []finding.Actor{address}, Requests: 3, FirstSeen: at, LastSeen: at}}
	return v, nil
}

// SimilarActors knows one other.
func (noStore) SimilarActors(_ context.Context, a finding.Actor, p wire.Period, limit int) (wire.SimilarActors, error) {
	return wire.SimilarActors{Actor: a, Since: p.Since, Until: p.Until, Requests: 9, Compared: limit, Similar: []wire.SimilarActor{{
		Actor: finding.Actor{Kind: a.Kind, Value: "192.0.2.9"}, Likeness: 0.914, Requests: 8, Parts: []wire.LikenessPart{
			{Aspect: "paths", Likeness: 0.9, Share: 0.7, Common: "/admin/#/setup.php"}, {Aspect: "pace", Likeness: 0.8, Share: 0.3}, {Aspect: "agent"},
		},
	}}}, nil
}
