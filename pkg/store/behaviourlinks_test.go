package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func linkText(l wire.Link) string { return fmt.Sprintf("%s %d/%d", l.Actor, l.Requests, l.Others) }

func linkedText(l wire.LinkedActor) string {
	var through []string
	for _, a := range l.Through {
		through = append(through, a.String())
	}
	return fmt.Sprintf("%s %d by %s", l.Actor, l.Requests, strings.Join(through, ","))
}

func texted[T any](list []T, of func(T) string) string {
	var all []string
	for _, v := range list {
		all = append(all, of(v))
	}
	return strings.Join(all, "; ")
}

func TestActorLinks(t *testing.T) {
	s, _ := migrated(t)
	token := texts{event.Principal: "k1:tokensesame", event.PrincipalKind: "token", event.TLSFingerprint: "ja4", event.Network: "AS64500"}
	stored(t, s, livedBatch(today, today, 0,
		lived{0, "192.0.2.7", 200, 1, token},
		lived{time.Minute, "192.0.2.7", 200, 1, token},
		lived{2 * time.Minute, "2001:db8:1:2::5", 200, 1, texts{event.Principal: "k2:tokensesame", event.PrincipalKind: "token", event.User: "k1:useralice"}},
		lived{3 * time.Minute, "192.0.2.9", 200, 1, texts{event.Principal: "k1:tokenother", event.PrincipalKind: "token", event.TLSFingerprint: "ja4"}},
		lived{4 * time.Minute, "192.0.2.7", 200, 1, texts{event.Principal: "k1:tokenother", event.PrincipalKind: "token"}},
		lived{5 * time.Minute, "192.0.2.10", 200, 1, nil},
	))
	f := func(actor, links, linked string) {
		t.Helper()
		a, err := finding.ParseActor(actor)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.ActorLinks(t.Context(), a, hashOf, wire.Period{Since: today.Add(-time.Hour), Until: today.Add(time.Hour)})
		if text := texted(got.Links, linkText); err != nil || text != links {
			t.Errorf("links of %s: %s, %v\nwant %s", actor, text, err, links)
		}
		if text := texted(got.Linked, linkedText); text != linked {
			t.Errorf("linked with %s: %s\nwant %s", actor, text, linked)
		}
	}
	const both = "address:192.0.2.7 2/1; fingerprint:ja4 2/1; network:AS64500 2/0; prefix:2001:db8:1:2::/64 1/0; user:k1:useralice 1/0"
	f("token:sesame", both, "token:k1:tokenother 2 by address:192.0.2.7,fingerprint:ja4")
	f("token:k1:tokenother", "address:192.0.2.7 1/1; address:192.0.2.9 1/0; fingerprint:ja4 1/1", "token:k1:tokensesame 4 by address:192.0.2.7,fingerprint:ja4")
	f("address:192.0.2.9", "fingerprint:ja4 1/1; token:k1:tokenother 1/1", "address:192.0.2.7 3 by fingerprint:ja4,token:k1:tokenother")
	f("2001:db8:1:2::77", "token:k2:tokensesame 1/0; user:k1:useralice 1/0", "")
	f("fingerprint:ja4", "address:192.0.2.7 2/0; network:AS64500 2/0; token:k1:tokensesame 2/0; address:192.0.2.9 1/0; token:k1:tokenother 1/0", "")
	f("address:192.0.2.10", "", "")
}

func TestAlike(t *testing.T) {
	s, _ := migrated(t)
	probe := func(path, agent string) texts { return texts{event.Path: path, event.UserAgent: agent} }
	var requests []lived
	for i := range 5 {
		at := time.Duration(i) * time.Minute
		requests = append(requests,
			lived{at, "192.0.2.7", 404, 1, probe(fmt.Sprintf("/admin/%d/setup.php", i), "a")},
			lived{at, "2001:db8:1:2::5", 404, 1, probe(fmt.Sprintf("/admin/%d/setup.php", 10+i), "b")},
			lived{at, "192.0.2.8", 200, 1, probe("/", "a")},
			lived{at, "192.0.2.9", 200, 1, probe("/", "c")})
	}
	stored(t, s, livedBatch(today, today, 0, requests...))
	period := wire.Period{Since: today.Add(-time.Hour), Until: today.Add(time.Hour)}
	of, others, err := s.Alike(t.Context(), finding.Actor{Kind: finding.Address, Value: "192.0.2.7"}, nil, period)
	if err != nil || len(of) != 5 || len(others) != 2 {
		t.Fatalf("%d requests, %d others, %v", len(of), len(others), err)
	}
	bot, same := others[finding.Actor{Kind: finding.Prefix, Value: "2001:db8:1:2::/64"}], others[finding.Actor{Kind: finding.Address, Value: "192.0.2.8"}]
	if len(bot) != 5 || len(same) != 5 {
		t.Fatalf("others: %v", others)
	}
	slices.SortFunc(bot, func(a, b slow.Request) int { return int(a.Time - b.Time) })
	want := slow.Request{Time: today.UnixNano(), Method: "GET", Path: "/admin/10/setup.php", Status: 404, UserAgent: "b"}
	if bot[0] != want {
		t.Errorf("got %+v, want %+v", bot[0], want)
	}
	if of, others, err = s.Alike(t.Context(), finding.Actor{Kind: finding.User, Value: "nobody"}, hashOf, period); err != nil || len(of)+len(others) > 0 {
		t.Errorf("nobody: %v, %v, %v", of, others, err)
	}
}
