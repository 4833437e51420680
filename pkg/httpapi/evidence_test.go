package httpapi

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func TestActorEvidence(t *testing.T) {
	w := newWorld(t)
	got := decoded[wire.ActorEvidence](t, w.get("/api/v1/actors/address/192.0.2.1/evidence", viewerToken))
	if got.Tier != "notify" || got.Risk != 0.9 || len(got.Contributions) != 1 || got.Contributions[0].Share != 1 ||
		len(got.Stories) != 1 || got.Stories[0].Rule != "repeated" || got.Stories[0].Lasting != 1 || got.Stories[0].Alerted {
		t.Errorf("%+v", got)
	}
	if got.Contributions[0].Title == "" {
		t.Errorf("a rule goes by its id: %+v", got.Contributions[0])
	}
	w.problem(w.get("/api/v1/actors/address/192.0.2.99/evidence", viewerToken), notFound)
	w.problem(w.get("/api/v1/actors/planet/earth/evidence", viewerToken), badParameters)
}

func TestKeepFinding(t *testing.T) {
	w := newWorld(t)
	path, id := "/api/v1/findings/"+exampleFinding().ID+"/keep", exampleFinding().ID
	keep := func(body string) call {
		return call{method: "POST", path: path, token: analystToken, body: body}
	}
	vote := decoded[evidence.Vote](t, w.do(keep(`{"reason":"it was one"}`)))
	if want := (respond.AddKeep{Finding: id, Reason: "it was one"}); w.operator.kept != want || vote.Rule != "decoy.env-file" || w.operator.caller.Name != "ana" {
		t.Errorf("asked %+v, answered %+v", w.operator.kept, vote)
	}
	w.problem(w.do(keep(`{}`)), badParameters)
	w.problem(w.do(keep(`{"reason":"`+strings.Repeat("x", 501)+`"}`)), badParameters)
	w.operator.missing = true // it is in the store only
	decoded[evidence.Vote](t, w.do(keep(`{"reason":"x"}`)))
	if w.operator.kept.Rule != "decoy.env-file" || w.operator.kept.Kind != finding.Address {
		t.Errorf("asked %+v", w.operator.kept)
	}
	w.history.missing = true
	w.problem(w.do(keep(`{"reason":"x"}`)), notFound)
	w.problem(w.do(call{method: "DELETE", path: path, token: analystToken}), notFound)
	w.operator.missing, w.operator.err = false, errAway
	w.problem(w.do(keep(`{"reason":"x"}`)), unavailable)
	w.operator.err = respond.ErrInvalid
	w.problem(w.do(keep(`{"reason":"x"}`)), badRequest)
}

func TestTiersComeInOrder(t *testing.T) {
	w := newWorld(t)
	var names []string
	for path := "/api/v1/tiers?limit=3"; path != ""; {
		page := decoded[wire.Page[wire.TierRule]](t, w.get(path, viewerToken))
		for _, r := range page.Items {
			names = append(names, r.Tier+" "+r.Name)
		}
		path = ""
		if page.Next != "" {
			path = "/api/v1/tiers?limit=3&cursor=" + page.Next
		}
	}
	if len(names) != len(evidence.DefaultRules()) || names[0] != "page known breach" || names[len(names)-1] != "log a doubt" {
		t.Errorf("%q", names)
	}
}
