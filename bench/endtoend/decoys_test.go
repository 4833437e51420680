package endtoend

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// TestDecoyInsideAnAPI: a path made to look like part of an API deserves more
// than a passing scanner's probe, and the same path on another host is none.
func TestDecoyInsideAnAPI(t *testing.T) {
	t.Parallel()
	p, g := alarmed(t, nil)
	prober, neighbour := p.visitor(attacker), p.visitor(customer)
	neighbour.Host = "elsewhere.example"
	p.get(neighbour, g, "/shop/v2/admin/keys", http.StatusOK)
	if p.backend.Asked("/shop/v2/admin/keys") != 1 {
		t.Error("on another host the path is the application's")
	}
	if answer := p.get(prober, g, "/shop/V2//admin/./%6beys?page=1", http.StatusOK); answer.Body != `{"keys": ["k-1"]}` {
		t.Errorf("the decoy answered %q", answer.Body)
	}
	p.get(prober, g, "/shop", http.StatusForbidden)
	p.get(neighbour, g, "/shop", http.StatusOK)
	found := p.touches(attacker, 1, 3)[0]
	if found.Tier != finding.Notify || found.Rule != "decoy.inside" {
		t.Errorf("finding: %+v", found)
	}
}

// TestDecoyTouchedFromInside: the agent knows nothing of our networks, and its
// word comes first; the finding is a breach all the same.
func TestDecoyTouchedFromInside(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	g := p.gateway("edge-a", nil)
	p.touch(p.visitor(insider), g)
	if found := p.touches(insider, 1, 3)[0]; found.Tier != finding.Page {
		t.Errorf("finding: %+v", found)
	}
	p.eventually("the actor is a breach", func(ctx context.Context) error {
		actor, err := p.service.API.Actor(ctx, finding.Actor{Kind: finding.Address, Value: insider})
		if err == nil && actor.Tier != finding.Page.String() {
			err = fmt.Errorf("tier %s", actor.Tier)
		}
		return err
	})
	p.blocked(insider)
}

// TestProtectedClientIsOnlyRecorded: the allowlist wins at every agent, over
// decoys too, and in the service; what was seen is kept.
func TestProtectedClientIsOnlyRecorded(t *testing.T) {
	t.Parallel()
	p := newPlay(t, stage.Settings{"network.allow": []string{attacker + "/32"}})
	g := p.gateway("edge-a", nil)
	v := p.visitor(attacker)
	p.get(v, g, bait, http.StatusNotFound)
	p.get(v, g, "/shop", http.StatusOK)
	if found := p.touches(attacker, 1, 1)[0]; found.BlockID != "" {
		t.Errorf("finding: %+v", found)
	}
	p.denied(attacker, 0)
}

// TestAgentsOwnAllowlist: the service's blocks hold for everybody else.
func TestAgentsOwnAllowlist(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	a, b := p.gateway("edge-a", stage.Settings{"allow": []string{attacker + "/32"}}), p.gateway("edge-b", nil)
	v := p.visitor(attacker)
	p.touch(v, b)
	p.turns(v, b, "/shop", http.StatusForbidden)
	p.blocked(attacker)
	p.inStep(a)
	p.get(v, a, "/shop", http.StatusOK)
	p.get(v, a, bait, http.StatusNotFound)
}

// TestServedPathIsNoDecoy: without an agent in the path the access log alone
// tells; a path that the application itself serves blocks nobody on that host.
func TestServedPathIsNoDecoy(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	p.backend.Serves(bait)
	g := p.gateway("edge-a", stage.Settings{"decoys.responder.listen": "", "decoys.catalogue": p.write("none.yml", "version: 1\ndecoys: []\n")})
	v := p.visitor(attacker)
	p.get(v, g, bait, http.StatusOK)
	found := p.touches(attacker, 1, 1)[0]
	if found.Tier != finding.Log || found.BlockID != "" {
		t.Errorf("finding: %+v", found)
	}
	p.get(v, g, "/shop", http.StatusOK)
}

// TestProbeInTheLogAlone: a gateway whose agent knows no decoys still has its
// log read: the probe that the application answered with 404 is a touch.
func TestProbeInTheLogAlone(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	g := p.gateway("edge-a", stage.Settings{"decoys.responder.listen": "", "decoys.catalogue": p.write("none.yml", "version: 1\ndecoys: []\n")})
	v := p.visitor(attacker)
	p.get(v, g, bait, http.StatusNotFound)
	p.turns(v, g, "/shop", http.StatusForbidden)
	held := p.blocked(attacker)
	if age := held.CreatedAt.Sub(p.touches(attacker, 1, 1)[0].Time); age < -time.Second || age > patience {
		t.Errorf("the block was made %v after the probe", age)
	}
}

// TestWholeDecoyAPI: the service's own responder, where everything that is
// asked is a touch.
func TestWholeDecoyAPI(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	responder, err := s.Address()
	if err != nil {
		t.Fatal(err)
	}
	p := &play{T: t, Stage: s}
	p.service, err = p.Service(p.deadline(), stage.Settings{"decoys.responder.listen": responder})
	p.must(err)
	req, err := http.NewRequestWithContext(p.deadline(), http.MethodGet, "http://"+responder+"/anything/at/all", nil)
	p.must(err)
	req.Header.Set("X-Client-Address", attacker) // a gateway on this host hands it over
	resp, err := http.DefaultClient.Do(req)
	p.must(err)
	p.must(resp.Body.Close())
	p.blocked(attacker)
	if found := p.touches(attacker, 1, 1)[0]; found.Rule != "decoy.unlisted" || found.Sightings[0].Via != finding.ViaDecoy {
		t.Errorf("finding: %+v", found)
	}
}
