package endtoend

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// secrets are what must not be found in anything that is kept; user names are
// kept as hashes.
var secrets = []string{
	"hunter2hunter2", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0NzExIn0.c2lnbmF0dXJlLW9mLXRoZS10ZXN0",
	"mallory@example.org", "4111111111111111", "0f8fad5b-d9cb-469f-a165-70867728950e", "alice.liddell",
}

// privateLog is a log full of them: by a customer, and by an attacker whose
// touch quotes one.
func privateLog(t *testing.T, at time.Time) string {
	t.Helper()
	stamp := at.Format("02/Jan/2006:15:04:05 -0700")
	line := func(client, user, target, referer string) string {
		return fmt.Sprintf("%s - %s [%s] \"GET %s HTTP/1.1\" 404 12 \"%s\" \"test\"\n", client, user, stamp, target, referer)
	}
	text := line(customer, "alice.liddell", "/login?password=hunter2hunter2&next=/home", "-") +
		line(customer, "alice.liddell", "/pay?card=4111111111111111", "https://shop.example/?email=mallory@example.org") +
		line(customer, "-", "/api/me?token="+secrets[1], "https://shop.example/cb?session=0f8fad5b-d9cb-469f-a165-70867728950e") +
		line(customer, "-", "/search?q=' OR 1=1--&password=' OR 1=1--", "-") +
		line(attacker, "-", "/.env?api_key=hunter2hunter2", "-") +
		line(attacker, "-", "/users/mallory@example.org/../../.env", "-") +
		"password=hunter2hunter2 is no line of a log\n"
	file := filepath.Join(t.TempDir(), "private.log")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestNothingPrivateIsKept: secrets and people are masked or hashed in the
// store, in findings, alerts and answers; what was an attack stays readable.
func TestNothingPrivateIsKept(t *testing.T) {
	t.Parallel()
	p := newPlay(t, stage.Settings{"sources": []stage.Source{{Name: "shop", Paths: []string{privateLog(t, time.Now())}}}})
	p.touches(attacker, 1, 1)
	p.eventually("everything is stored", func(ctx context.Context) error {
		got, err := p.service.Query(ctx, "SELECT (SELECT count() FROM events), (SELECT count() FROM quarantine)")
		if err == nil && got != "6\t1" {
			err = fmt.Errorf("events and quarantine: %s", got)
		}
		return err
	})
	for _, table := range []string{"events", "quarantine", "findings", "actors", "block_log", "audit", "discards"} {
		rows, err := p.service.Query(p.deadline(), "SELECT toString(tuple(*)) FROM "+table)
		p.must(err)
		for _, secret := range secrets {
			if strings.Contains(rows, secret) {
				t.Errorf("table %s holds %q:\n%s", table, secret, rows)
			}
		}
	}
	kept := func(condition string) {
		t.Helper()
		if n, err := p.service.Query(p.deadline(), "SELECT count() FROM events WHERE "+condition); err != nil || n == "0" {
			t.Errorf("no event with %s (%s, %v)", condition, n, err)
		}
	}
	kept("position(query, 'q='' OR 1=1--&password='' OR 1=1--') = 1")
	kept("query = 'password=[password]&next=/home' AND sensitive = 'password'")
	kept("path = '/pay' AND position(sensitive, 'card') > 0 AND position(sensitive, 'email') > 0")
	kept("user LIKE 'k________:%' AND principal_kind = 'user'")

	alerts, err := p.service.Tool(p.deadline(), "status")
	p.must(err)
	var answers strings.Builder
	answers.WriteString(alerts)
	for _, path := range []string{"/api/v1/events", "/api/v1/findings", "/api/v1/quarantine", "/api/v1/actors", "/alertmanager/api/v2/alerts"} {
		var answer any
		p.must(p.service.API.Do(p.deadline(), "GET", path, nil, &answer))
		fmt.Fprintln(&answers, answer)
	}
	for _, secret := range secrets {
		if strings.Contains(answers.String(), secret) {
			t.Errorf("an answer holds %q", secret)
		}
	}
}

// TestErase: a principal is found by its name, with a trace, and then erased
// with its address; whoever else is in the store stays.
func TestErase(t *testing.T) {
	t.Parallel()
	p := newPlay(t, stage.Settings{"sources": []stage.Source{{Name: "shop", Paths: []string{privateLog(t, time.Now())}}}})
	g := p.gateway("edge-a", nil)
	p.touches(attacker, 1, 1)
	p.turns(p.visitor(attacker), g, "/shop", 403)
	p.eventually("the agent has the block on its disk", func(ctx context.Context) error { return g.Agent.Holds(ctx, attacker) })
	p.stored("source = 'shop' AND client_address = '"+attacker+"'", 2)

	found := func() (who wire.Principal) {
		p.must(p.service.API.Do(p.deadline(), "POST", "/api/v1/principals/find", wire.PrincipalRequest{Value: "alice.liddell", Reason: "test"}, &who))
		return who
	}
	if who := found(); who.Events != 2 || len(who.Addresses) != 1 || who.Addresses[0] != customer {
		t.Errorf("the principal is found as %+v", who)
	}
	if out, err := p.service.Tool(p.deadline(), "erase", "--principal", "alice.liddell", "--dry-run", "--reason", "asked for"); err != nil || found().Events != 2 {
		t.Errorf("a dry run: %v\n%s", err, out)
	}
	out, err := p.service.Tool(p.deadline(), "erase", "--principal", "alice.liddell", "--reason", "asked for")
	p.must(err)
	if who := found(); who.Events != 0 {
		t.Errorf("after the erasure: %+v\n%s", who, out)
	}
	out, err = p.service.Tool(p.deadline(), "erase", "--address", attacker, "--reason", "asked for")
	p.must(err)
	if !strings.Contains(out, "Nothing is left") {
		t.Errorf("no proof:\n%s", out)
	}
	p.turns(p.visitor(attacker), g, "/shop", 200)
	p.eventually("the agent's disk does not have it any more", func(ctx context.Context) error {
		if g.Agent.Holds(ctx, attacker) == nil {
			return fmt.Errorf("it still holds %s", attacker)
		}
		return nil
	})
	for _, table := range []string{"findings", "actors", "block_log", "audit", "quarantine"} {
		rows, err := p.service.Query(p.deadline(), "SELECT toString(tuple(*)) FROM "+table)
		p.must(err)
		if strings.Contains(rows, attacker) || strings.Contains(rows, "alice.liddell") {
			t.Errorf("table %s still has the subject:\n%s", table, rows)
		}
	}
	if n, err := p.service.Query(p.deadline(), "SELECT count() FROM events WHERE client_address = '"+customer+"' AND source = 'shop'"); err != nil || n != "2" {
		t.Errorf("of others %s events are left (%v), want 2", n, err)
	}
	// A restart brings nobody back.
	p.must(p.service.Restart(p.deadline()))
	if actors, err := p.service.API.Findings(p.deadline(), attacker); err != nil || len(actors) != 0 {
		t.Errorf("after a restart: %+v, %v", actors, err)
	}
	audit, err := p.service.Query(p.deadline(), "SELECT groupArray(action) FROM audit WHERE action LIKE 'erase%' OR action LIKE 'principal%'")
	p.must(err)
	for _, action := range []string{"principal.find", "erase.begin", "erase.end"} {
		if !strings.Contains(audit, action) {
			t.Errorf("the audit has %s, want %s in it", audit, action)
		}
	}
}
