package service

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// posts collects what is posted.
type posts struct{ alerts []respond.Alert }

func (p *posts) post(_ context.Context, alerts []respond.Alert) error {
	p.alerts = append(p.alerts, alerts...)
	return nil
}

// take gives the alerts since the last call.
func (p *posts) take() []respond.Alert {
	got := p.alerts
	p.alerts = nil
	return got
}

func TestTeller(t *testing.T) {
	var p posts
	silent := &condition{name: "AgentSilent", patience: time.Minute, helps: "start it"}
	teller := newTeller(p.post, "https://moat.example.org")
	begun := time.Unix(1_700_000_000, 0)
	of := func(gateway, summary string) complaint {
		return complaint{silent, trouble{map[string]string{"agent": "a", "gateway": gateway}, summary}}
	}
	f := func(second int, complaints []complaint, want ...string) {
		t.Helper()
		now := begun.Add(time.Duration(second) * time.Second)
		if err := teller.tell(t.Context(), complaints, now); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, a := range p.take() {
			state := "firing"
			if !a.EndsAt.IsZero() {
				state = "over"
			}
			got = append(got, a.Labels["gateway"]+" "+state+" "+a.Annotations["summary"])
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("after %d s: posted %q, want %q", second, got, want)
		}
	}
	f(0, []complaint{of("edge", "gone")})
	f(30, []complaint{of("edge", "gone")}) // it may come back yet
	f(60, []complaint{of("edge", "gone"), of("inner", "gone")}, "edge firing gone")
	f(65, []complaint{of("edge", "gone"), of("inner", "gone")}) // told
	f(70, []complaint{of("edge", "gone, still")}, "edge firing gone, still")
	f(120, []complaint{of("inner", "gone"), of("edge", "gone, still")}) // the patience with inner began anew
	f(180, []complaint{of("inner", "gone")}, "edge over gone, still", "inner firing gone")
	f(185, nil, "inner over gone")
	f(190, nil)
}

func TestComplaintIsAnAlertAsAllOthers(t *testing.T) {
	var p posts
	teller := newTeller(p.post, "https://moat.example.org")
	c := complaint{&condition{name: "AgentSilent", helps: "start it"}, trouble{map[string]string{"gateway": "edge"}, "gone"}}
	now := time.Unix(1_700_000_000, 0)
	if err := teller.tell(t.Context(), []complaint{c}, now); err != nil {
		t.Fatal(err)
	}
	a := p.take()[0]
	want := map[string]string{"alertname": "HoneymoatAgentSilent", "family": "health", "tier": "notify", "gateway": "edge"}
	if !maps.Equal(a.Labels, want) {
		t.Errorf("labels %v, want %v", a.Labels, want)
	}
	if a.Annotations["description"] != "start it" || a.URL != "https://moat.example.org" || !a.StartsAt.Equal(now) {
		t.Errorf("%+v", a)
	}
}

func TestDigester(t *testing.T) {
	var p posts
	var sum respond.Digest
	d := digester{teller: newTeller(p.post, ""), last: func(time.Time, int) respond.Digest { return sum }}
	now := time.Unix(1_700_000_000, 0)
	tell := func() []respond.Alert {
		t.Helper()
		now = now.Add(time.Minute)
		if err := d.tell(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		return p.take()
	}
	if got := tell(); got != nil {
		t.Errorf("of a day without findings: %+v", got)
	}
	scanner := respond.Actor{
		Actor: finding.Actor{Kind: finding.Address, Value: "203.0.113.9"}, Findings: 4,
		Evidence: []finding.Finding{{Title: "Decoy touched", Reason: "GET /.env\nactors: 9"}},
	}
	sum = respond.Digest{Actors: 3, Blocked: 2, Families: []respond.FamilyCount{{Family: finding.Decoy, Actors: 2}, {Family: finding.Volume, Actors: 1}}, Busiest: []respond.Actor{scanner}}
	got := tell()
	if len(got) != 1 || got[0].Labels["alertname"] != "HoneymoatDigest" || got[0].Labels["tier"] != "log" || !got[0].EndsAt.IsZero() {
		t.Fatalf("got %+v", got)
	}
	begun := got[0].StartsAt
	for name, want := range map[string]string{
		"summary":     "the last day: 3 actors, 2 of them blocked",
		"description": "decoy: 2 actors, volume: 1 actor",
		"evidence":    "address 203.0.113.9: 4 findings; last: Decoy touched, GET /.env\uFFFDactors: 9\nand 2 actors more\n",
	} {
		if got[0].Annotations[name] != want {
			t.Errorf("%s is %q, want %q", name, got[0].Annotations[name], want)
		}
	}
	if got := tell(); got != nil {
		t.Errorf("told again: %+v", got)
	}
	sum.Actors = 4
	if got := tell(); len(got) != 1 || !got[0].StartsAt.Equal(begun) {
		t.Errorf("of one more actor: %+v, want the same alert", got)
	}
	sum = respond.Digest{}
	if got := tell(); len(got) != 1 || !got[0].EndsAt.Equal(now) {
		t.Errorf("at the end of the day: %+v", got)
	}
	if got := tell(); got != nil {
		t.Errorf("ended twice: %+v", got)
	}
}
