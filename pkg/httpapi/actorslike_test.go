package httpapi

import (
	"errors"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func TestLinksAndLikenessOfAWeek(t *testing.T) {
	w := newWorld(t)
	links := decoded[wire.ActorLinks](t, w.get("/api/v1/actors/prefix/2001:db8::7/links?until=2026-03-08T00:00:00Z", viewerToken))
	if links.Actor != (finding.Actor{Kind: finding.Prefix, Value: "2001:db8::/64"}) || links.Until.Sub(links.Since) != 7*24*time.Hour {
		t.Errorf("links of %s from %s to %s", links.Actor, links.Since, links.Until)
	}
	similar := decoded[wire.SimilarActors](t, w.get("/api/v1/actors/user/alice/similar", viewerToken))
	if w.history.asked != defaultSimilar || len(similar.Similar) != 1 || similar.Actor.Value != "alice" {
		t.Errorf("asked for %v, got %+v", w.history.asked, similar)
	}
	for _, path := range []string{"/api/v1/actors/route/GET%20%2Fx/similar", "/api/v1/actors/address/nonsense/links", "/api/v1/actors/address/192.0.2.1/similar?limit=101"} {
		w.problem(w.get(path, viewerToken), badParameters)
	}
	w.history.err = errors.New("away")
	w.problem(w.get("/api/v1/actors/user/alice/similar", viewerToken), unavailable)
}
