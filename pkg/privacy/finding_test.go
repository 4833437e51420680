package privacy

import (
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestFindingsAreMasked(t *testing.T) {
	m := masker(t, Options{Keys: ring(1), Fields: map[event.TextField]Policy{event.Session: Drop}})
	f := func(kind finding.ActorKind, want string) {
		t.Helper()
		got := finding.Finding{
			Actor: finding.Actor{Kind: kind, Value: "192.0.2.7"}, Reason: "asked for /?token=abc", ID: "id",
			Sighting: finding.Sighting{Path: "/u/bob@mail.example", UserAgent: "Bearer abcdefgh1"},
		}
		for range 2 {
			m.Finding(&got)
			if got.Actor.Value != want || got.Actor.Kind != kind {
				t.Errorf("actor %s, want %s", got.Actor, want)
			}
			if got.Reason != "asked for /?token=[token]" || got.Sighting.Path != "/u/[email]" || got.Sighting.UserAgent != "Bearer [token]" || got.ID != "id" {
				t.Errorf("%+v", got)
			}
		}
	}
	f(finding.Address, "192.0.2.7")
	f(finding.Application, "192.0.2.7")
	f(finding.User, ring(1).Hash("user", "192.0.2.7"))
	f(finding.Key, ring(1).Hash("key", "192.0.2.7"))
	f(finding.Session, "[session]")
}

func TestStatisticsAreMasked(t *testing.T) {
	m := masker(t, Options{Keys: ring(1)})
	told := &finding.Statistic{Series: "requests of user", Parts: []finding.Part{{Kind: "user", Value: "alice"}, {Kind: "route", Value: "GET /users/{id}"}}}
	f := finding.Finding{Statistic: told}
	for range 2 {
		m.Finding(&f)
		if got := f.Statistic.Parts; got[0].Value != ring(1).Hash("user", "alice") || got[1].Value != "GET /users/{id}" {
			t.Errorf("parts are %v", got)
		}
	}
	if told.Parts[0].Value != "alice" {
		t.Error("what was told was changed in place")
	}
}
