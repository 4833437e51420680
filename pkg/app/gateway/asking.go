package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// A gateway that cannot reach the agent, or was never told to ask it, lets all
// requests pass, and the agent is well: only that nobody asks while requests
// are logged tells of it. What is logged without being asked about, such as a
// balancer's checks, is little, and so is what an old log holds.
const (
	askingRound  = time.Minute
	askingRounds = 3  // one after the other
	askingLines  = 20 // in each of them
)

// askingWay names the alarm among the agent's gateways.
const askingWay = "asked"

// asking raises the alarm when requests are logged and nobody has ever asked
// about one. A gateway that has asked once knows the way.
type asking struct {
	asked interface{ Load() bool }
	lines func() uint64 // logged so far
	alarm mirror.Way
	log   *slog.Logger

	before uint64 // lines, a round ago
	rounds int    // with many of them
	fresh  uint64 // lines in these
	raised bool
}

// watchAsking watches whether the gateway asks, where asking is all that it can
// do: one that holds blocks itself is watched by what it holds.
func (g *Gateway) watchAsking(context.Context, live) error {
	if !asks(&g.config) || len(g.agent.Ways()) > 0 {
		return nil
	}
	a := &asking{asked: &g.decider.asked, lines: g.linesLogged, alarm: g.agent.Alarm(askingWay), log: g.log.With("part", "asking")}
	g.add("asking", a.run)
	return nil
}

// asks tells whether gateways are to ask the agent over a socket.
func asks(c *config.Agent) bool {
	w := &c.Gateways
	return c.Enforce.Listen != "" || w.ForwardAuth.Listen != "" || w.HAProxy.Listen != "" || w.Envoy.Listen != ""
}

// linesLogged are the requests that the sources of this gateway have logged,
// touches of decoys aside.
func (g *Gateway) linesLogged() (lines uint64) {
	stats := g.shipper.Stats()
	for _, s := range g.config.Sources {
		if s.Kind != "decoy" {
			lines += stats.Sources[s.Name].Lines
		}
	}
	return lines
}

func (a *asking) run(ctx context.Context) error {
	t := time.NewTicker(askingRound)
	defer t.Stop()
	for a.look() {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
	<-ctx.Done()
	return nil
}

// look looks once, and tells whether to look again.
func (a *asking) look() bool {
	if a.asked.Load() {
		if a.raised {
			a.log.Info("requests are asked about")
			a.alarm.Holds(nil)
		}
		return false
	}
	lines := a.lines()
	fresh := lines - min(lines, a.before)
	a.before = lines
	if fresh < askingLines {
		a.rounds, a.fresh = 0, 0
		return true
	}
	a.rounds, a.fresh = a.rounds+1, a.fresh+fresh
	if !a.raised && a.rounds == askingRounds {
		a.raise()
	}
	return true
}

func (a *asking) raise() {
	a.raised = true
	err := fmt.Errorf("requests pass unasked: %d were logged here in %d minutes, and the gateway has not asked about one since the agent started (may it open the agent's socket, and does its configuration ask? see the gateway's log; where it is not meant to ask, set enforce.listen to \"\")",
		a.fresh, a.rounds)
	a.log.Error("failing open", "error", err)
	a.alarm.Fails(err)
}
