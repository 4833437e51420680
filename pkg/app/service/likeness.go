package service

import (
	"context"
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// ActorLinks implements httpapi.History.
func (h history) ActorLinks(ctx context.Context, a finding.Actor, p wire.Period) (wire.ActorLinks, error) {
	return h.Store.ActorLinks(ctx, a, h.hashes, p)
}

// SimilarActors implements httpapi.History.
func (h history) SimilarActors(ctx context.Context, a finding.Actor, p wire.Period, limit int) (wire.SimilarActors, error) {
	v := wire.SimilarActors{Actor: a, Since: p.Since, Until: p.Until}
	of, others, err := h.Alike(ctx, a, h.hashes, p)
	if err != nil {
		return v, fmt.Errorf("similar to %s: %w", a, err)
	}
	v.Requests, v.Compared = len(of), len(others)
	byName := map[string]finding.Actor{}
	var candidates []slow.Candidate
	for who, requests := range others {
		byName[who.String()] = who
		candidates = append(candidates, slow.Candidate{Name: who.String(), Profile: slow.NewProfile(requests)})
	}
	for _, m := range slow.Similar(slow.NewProfile(of), candidates, limit) {
		who := byName[m.Name]
		v.Similar = append(v.Similar, wire.SimilarActor{Actor: who, Likeness: m.Likeness, Requests: len(others[who]), Parts: partsOf(m.Parts)})
	}
	return v, nil
}

func partsOf(parts []slow.Likeness) []wire.LikenessPart {
	list := make([]wire.LikenessPart, len(parts))
	for i, p := range parts {
		list[i] = wire.LikenessPart{Aspect: p.Aspect.String(), Likeness: min(1, p.Likeness), Share: min(1, p.Share), Common: finding.Clip(p.Common, finding.MaxPath)}
	}
	return list
}
