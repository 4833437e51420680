package alerting_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/alerting"
	"github.com/honeymoat/honeymoat/pkg/alerting/alertingtest"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// labelled is an alert with other labels, an empty value taking one away.
func labelled(a respond.Alert, labels map[string]string) respond.Alert {
	a.Labels = maps.Clone(a.Labels)
	maps.Copy(a.Labels, labels)
	return a
}

// One receiver writes to every team, at the address that its label makes.
func TestOwnersMailReachesTheTeam(t *testing.T) {
	both(t, func(t *testing.T, p *alerting.Poster, to alertingtest.Receivers) {
		post(t, p,
			labelled(about("192.0.2.1", "notify"), map[string]string{"owner": "payments"}),
			labelled(about("192.0.2.2", "page"), map[string]string{"owner": "Identity & Access"}),
			about("192.0.2.3", "notify"))
		m := to.Mail.NextTo(t, "payments@teams.example.org")
		if !strings.Contains(m.Text, "192.0.2.1") || !strings.Contains(m.Text, "payments") || strings.Contains(m.Text, "192.0.2.3") {
			t.Errorf("the mail to payments:\n%s", m.Text)
		}
		if m := to.Mail.NextTo(t, "identity-access@teams.example.org"); !strings.Contains(m.Text, "192.0.2.2") {
			t.Errorf("the mail to identity-access:\n%s", m.Text)
		}
		// The analysts and the pager hear of the same.
		wantActors(t, to.Pager.Next(t), "firing", "192.0.2.2")
		to.Mail.NextWhole(t, soc, func(m alertingtest.Mail) bool {
			return strings.Contains(m.Text, "192.0.2.1") && strings.Contains(m.Text, "192.0.2.3")
		})
	})
}

// All that should not interrupt is one message: the sum of the day first.
func TestDigestIsOneMessage(t *testing.T) {
	both(t, func(t *testing.T, p *alerting.Poster, to alertingtest.Receivers) {
		sum := respond.Alert{
			Labels: map[string]string{"alertname": "HoneymoatDigest", "family": "digest", "tier": "log"},
			Annotations: map[string]string{
				"summary": "the last day: 812 actors, 800 of them blocked", "description": "decoy: 800 actors, errors: 12 actors",
				"evidence": "address 203.0.113.9: 14 findings; last: Decoy touched, GET /<b>\nand 811 actors more\n",
			},
		}
		drift := labelled(about("GET /orders", "log"), map[string]string{"actor_kind": "route", "family": "latency"})
		post(t, p, sum, drift, about("192.0.2.1", "log"), about("192.0.2.2", "log"))
		m := to.Mail.NextWhole(t, socDigest, func(m alertingtest.Mail) bool {
			return m.Subject == "[honeymoat digest] 4 active; the last day: 812 actors, 800 of them blocked"
		})
		for _, want := range []string{"decoy: 800 actors", "203.0.113.9: 14 findings", "\n           and 811 actors more"} {
			if !strings.Contains(m.Text, want) {
				t.Errorf("the text lacks %q:\n%s", want, m.Text)
			}
		}
		if strings.Count(m.Text, "\n- ") != 3 || strings.Count(m.HTML, "<li>") != 3 || strings.Contains(m.HTML, "/<b>") {
			t.Errorf("the digest:\n%s\n%s", m.Text, m.HTML)
		}
		wantAllActors(t, to.Digest, "firing", "", "192.0.2.1", "192.0.2.2", "GET /orders")
	})
}

// A gateway whose agent is away has no silence of its own; another has.
func TestSilentAgentInhibitsTheSilenceOfItsGateway(t *testing.T) {
	both(t, func(t *testing.T, p *alerting.Poster, to alertingtest.Receivers) {
		health := func(name, gateway string) respond.Alert {
			return respond.Alert{
				Labels:      map[string]string{"alertname": name, "family": "health", "tier": "notify", "gateway": gateway},
				Annotations: map[string]string{"summary": name + " " + gateway},
			}
		}
		silence := func(gateway string) respond.Alert {
			return labelled(about(gateway, "notify"), map[string]string{"actor_kind": "gateway", "family": "silence", "gateway": gateway, "api": ""})
		}
		attack := labelled(about("192.0.2.7", "notify"), map[string]string{"gateway": "edge", "family": "silence-not"})
		post(t, p, health("HoneymoatAgentSilent", "edge"), health("HoneymoatStoreDown", ""))
		to.Mail.NextTo(t, "platform@example.org")
		post(t, p, silence("edge"), silence("inner"), attack)
		heard := to.Mail.NextTo(t, soc).Text + to.Mail.NextTo(t, soc).Text
		if !strings.Contains(heard, "gateway inner") || !strings.Contains(heard, "192.0.2.7") || strings.Contains(heard, "gateway edge") {
			t.Errorf("analysts heard\n%s\nwant of the silence of inner, of the attack, and not of the silence of edge", heard)
		}
	})
}

// While honeymoat does not read, that nothing is seen is no news, and a page is.
func TestBlockedIngestInhibitsSilenceAlone(t *testing.T) {
	both(t, func(t *testing.T, p *alerting.Poster, to alertingtest.Receivers) {
		post(t, p, respond.Alert{Labels: map[string]string{"alertname": "HoneymoatIngestBlocked", "family": "health", "tier": "notify"}})
		to.Mail.NextTo(t, "platform@example.org")
		silent := labelled(about("GET /orders", "notify"), map[string]string{"actor_kind": "route", "family": "silence"})
		post(t, p, silent, about("192.0.2.7", "notify"), about("192.0.2.8", "page"))
		wantActors(t, to.Pager.Next(t), "firing", "192.0.2.8")
		if m := to.Mail.NextTo(t, soc); strings.Contains(m.Text, "GET /orders") || !strings.Contains(m.Text, "192.0.2.7") {
			t.Errorf("analysts heard\n%s", m.Text)
		}
	})
}

// Of two actors of one name and different kinds one is paged, and the other told.
func TestInhibitionKnowsKinds(t *testing.T) {
	both(t, func(t *testing.T, p *alerting.Poster, to alertingtest.Receivers) {
		post(t, p, labelled(about("shop", "page"), map[string]string{"actor_kind": "user"}))
		wantActors(t, to.Pager.Next(t), "firing", "shop")
		post(t, p, labelled(about("shop", "notify"), map[string]string{"actor_kind": "api"}))
		if m := to.Mail.NextTo(t, soc); !strings.Contains(m.Text, "api shop") {
			t.Errorf("analysts heard\n%s", m.Text)
		}
	})
}

// All that respond makes of findings goes where its tier says.
func TestRealAlertsReachTheirReceivers(t *testing.T) {
	both(t, func(t *testing.T, p *alerting.Poster, to alertingtest.Receivers) {
		alerts := alertingtest.AlertsOf(t,
			alertingtest.ScannerTouch("203.0.113.1", "/.env"),
			alertingtest.HoneytokenUse("u-17"),
			alertingtest.ErrorsOf("GET /orders/{id}", "shop", "payments"))
		post(t, p, alerts...)
		wantActors(t, to.Digest.Next(t), "firing", "203.0.113.1")
		wantActors(t, to.Pager.Next(t), "firing", "u-17")
		if m := to.Mail.NextTo(t, soc); !strings.Contains(m.Text, "GET /orders/{id}") {
			t.Errorf("analysts heard\n%s", m.Text)
		}
		var teams []string
		for range 2 {
			teams = append(teams, to.Mail.NextTo(t, "payments@teams.example.org").Text)
		}
		slices.Sort(teams)
		if both := strings.Join(teams, ""); !strings.Contains(both, "u-17") || !strings.Contains(both, "GET /orders/{id}") {
			t.Errorf("the team heard\n%s", both)
		}
	})
}
