package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// The two people of the story, with addresses that are kept for documentation.
const (
	attackerAddress = "203.0.113.66"
	customerAddress = "198.51.100.20"
)

const (
	bait     = "/.env"    // a decoy of the shipped catalogue
	baitText = "APP_KEY=" // in its answer
	page     = "/shop"    // an ordinary page
	pause    = 4 * time.Millisecond
	insists  = 20 // requests that the attacker sends on at each gateway
)

// scene is everybody on the stage, and what is found out about them.
type scene struct {
	*timeline
	service  *stage.Service
	backend  *stage.Backend
	a, b     *stage.Gateway
	attacker *stage.Visitor
	stroll   *stage.Stroll // the customer's
	failed   []string
}

// play tells the story. Its error says what was not as it should be.
func play(ctx context.Context, on *stage.Stage, t *timeline) error {
	s := &scene{timeline: t, attacker: stage.NewVisitor(attackerAddress, "Mozilla/5.0 zgrab/0.x")}
	defer s.attacker.Leave()
	for _, act := range []func(context.Context) error{
		func(ctx context.Context) error { return s.setUp(ctx, on) },
		s.looksAround, s.touches, s.isRefusedAtB, s.insists, s.knows,
	} {
		if err := act(ctx); err != nil {
			return fmt.Errorf("%w\n%s", err, on.Tails())
		}
	}
	s.judge()
	if len(s.failed) > 0 {
		return fmt.Errorf("not as it should be: %s", strings.Join(s.failed, "; "))
	}
	return nil
}

func (s *scene) setUp(ctx context.Context, on *stage.Stage) error {
	started := time.Now()
	var err error
	if s.backend, err = on.Backend(); err != nil {
		return err
	}
	if s.service, err = on.Service(ctx, nil); err != nil {
		return err
	}
	for name, g := range map[string]**stage.Gateway{"edge-a": &s.a, "edge-b": &s.b} {
		if *g, err = on.Gateway(ctx, s.service, s.backend, name, nil); err != nil {
			return err
		}
	}
	s.head("honeymoat demo")
	s.note("service   %s, with bus, store and Alertmanager inside", s.service.Address)
	s.note("gateways  edge-a %s, edge-b %s: nginx, each with an agent", strings.TrimPrefix(s.a.URL, "http://"), strings.TrimPrefix(s.b.URL, "http://"))
	s.note("customer  %s shops at both, a request every %v", customerAddress, pause)
	s.note("attacker  %s", attackerAddress)
	s.note("%sset up in %.1f s%s", s.colour.dim, time.Since(started).Seconds(), s.colour.off)
	s.stroll = stage.NewVisitor(customerAddress, "Mozilla/5.0 (X11; Linux x86_64)").Stroll(page, pause, s.a, s.b)
	return nil
}

// asks has the attacker ask, and prints what comes back.
func (s *scene) asks(ctx context.Context, g *stage.Gateway, path string, want int) (stage.Answer, error) {
	answer, err := s.attacker.Get(ctx, g, path)
	if err != nil {
		return answer, err
	}
	s.at(answer.At, "%s  attacker asks for %-6s  %s  %s", g.Name, path, s.status(answer.Status), telling(answer))
	s.check(answer.Status == want, fmt.Sprintf("%s answers %s with %d", g.Name, path, want))
	return answer, nil
}

// telling is the line of an answer that a person looks at.
func telling(a stage.Answer) string {
	if a.Status == http.StatusForbidden {
		return "refused"
	}
	first := ""
	for line := range strings.Lines(a.Body) {
		line = strings.TrimSpace(line)
		if strings.Contains(line, baitText) {
			return line
		}
		if first == "" {
			first = line
		}
	}
	return first
}

// check notes what did not hold; judge tells of what did.
func (s *scene) check(held bool, what string) bool {
	if !held {
		s.failed = append(s.failed, what)
	}
	return held
}

func (s *scene) looksAround(ctx context.Context) error {
	s.head("The attacker looks around")
	s.zero = time.Now()
	for _, g := range []*stage.Gateway{s.a, s.b} {
		if _, err := s.asks(ctx, g, page, http.StatusOK); err != nil {
			return err
		}
	}
	return nil
}

func (s *scene) touches(ctx context.Context) error {
	s.head("The attacker probes edge-a; the time counts from here")
	s.zero = time.Now()
	answer, err := s.asks(ctx, s.a, bait, http.StatusOK)
	if err != nil {
		return err
	}
	s.check(strings.Contains(answer.Body, baitText), "the decoy's answer is convincing")
	_, err = s.asks(ctx, s.a, page, http.StatusForbidden)
	return err
}

func (s *scene) isRefusedAtB(ctx context.Context) error {
	passed := 0
	for {
		answer, err := s.attacker.Get(ctx, s.b, page)
		if err != nil {
			return err
		}
		if answer.Status == http.StatusForbidden {
			s.at(answer.At, "%s  attacker asks for %-6s  %s  refused here too; until then %d requests passed",
				s.b.Name, page, s.status(answer.Status), passed)
			return nil
		}
		passed++
	}
}

func (s *scene) insists(ctx context.Context) error {
	refused := 0
	for range insists {
		for _, g := range []*stage.Gateway{s.a, s.b} {
			answer, err := s.attacker.Get(ctx, g, "/.git/config")
			if err != nil {
				return err
			}
			if answer.Status == http.StatusForbidden {
				refused++
			}
		}
	}
	s.at(time.Now(), "both    attacker insists: %d of %d requests refused", refused, 2*insists)
	s.check(refused == 2*insists, "every later request is refused")
	return nil
}

func (s *scene) knows(ctx context.Context) error {
	s.head("What the service knows")
	why, err := s.service.API.Why(ctx, wire.TargetRequest{Target: wire.Criteria{{Scope: "address", Value: attackerAddress}}})
	if err != nil {
		return err
	}
	for _, b := range why.Blocks {
		s.note("block     %s on %s in %s, until %s", b.ID, b.Target, b.Segment, b.ExpiresAt.Local().Format("15:04:05"))
		s.note("because   %s (%s)", b.Reason, b.By)
	}
	s.check(len(why.Blocks) == 1, "one block stands")
	found, err := s.seenByAll(ctx)
	if err != nil {
		return err
	}
	via := make([]string, len(found.Sightings))
	for i, sighting := range found.Sightings {
		via[i] = string(sighting.Via)
	}
	s.note("evidence  one finding, tier %s, seen by way of %s", found.Tier, strings.Join(via, ", "))
	for _, g := range []*stage.Gateway{s.a, s.b} {
		agent, err := s.service.API.AgentNamed(ctx, g.Name)
		if err != nil {
			return err
		}
		s.note("agent     %s enforces revision %d, %.1f ms after the decision", g.Name, agent.Enforcing["all"].Revision, agent.PropagationMillis)
	}
	return nil
}

// seenByAll waits until the store has the one finding with all its sightings:
// by the agent, in the access log and in the decoy log.
func (s *scene) seenByAll(ctx context.Context) (wire.Finding, error) {
	var one wire.Finding
	err := stage.Until(ctx, "the finding is in the store", func(ctx context.Context) error {
		found, err := s.service.API.Findings(ctx, attackerAddress)
		if err != nil {
			return err
		}
		if len(found) != 1 || len(found[0].Sightings) < 3 {
			return fmt.Errorf("%d findings", len(found))
		}
		one = found[0]
		return nil
	})
	return one, err
}

func (s *scene) judge() {
	tally := s.stroll.Stop()
	s.head("In short")
	untouched := s.backend.Asked(bait) == 0 && s.backend.Asked("/.git/config") == 0
	s.verdict(s.check(untouched, "no probe reached the application"), "no probe reached the application")
	s.verdict(s.check(tally.Undisturbed(), fmt.Sprintf("the customer was disturbed: %q", tally.Trouble)),
		fmt.Sprintf("the customer was never disturbed: %d of %d requests served, the slowest in %.1f ms",
			tally.Served, tally.Requests, float64(tally.Slowest)/float64(time.Millisecond)))
	s.verdict(len(s.failed) == 0, "the attacker was answered convincingly once, and refused at both gateways from then on")
	s.head("Where to look")
	s.note("make run             the same with your own access log: make run LOG=/var/log/nginx/access.log")
	s.note("deploy/gateways      how to put an agent beside your gateway")
	s.note("go run ./bench/demo -keep   keeps every log and configuration of this demo")
}
