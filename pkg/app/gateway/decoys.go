package gateway

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/decoyserver"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// loadCatalogue reads a catalogue, or the shipped one if there is no path.
func loadCatalogue(path string) (*decoy.Catalogue, error) {
	if path == "" {
		return decoy.Shipped()
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read decoys: %w", err)
	}
	return decoy.Parse(decoy.Source{Name: path, Data: data})
}

// answerDecoys opens the decoy responder, if it is on.
func (g *Gateway) answerDecoys(ctx context.Context, now live) error {
	c := g.config.Decoys.Responder
	if c.Listen == "" {
		return nil
	}
	log := g.log.With("part", "decoys")
	file, err := decoyserver.OpenLog(decoyserver.LogOptions{Path: c.Log, Log: log})
	if err != nil {
		return err
	}
	g.responder, err = decoyserver.New(decoyserver.Options{
		Catalogue: now.catalogue, LogFile: file, Trusted: now.trusted, Log: log, Metrics: g.registry,
	})
	if err != nil {
		return err
	}
	l, err := g.listen(ctx, "decoys", c.Listen)
	if err != nil {
		return err
	}
	g.add("decoys", func(ctx context.Context) error { return decoyserver.Run(ctx, l, g.responder) })
	return nil
}

// decoyAgent is an agent, as far as decoys need it.
type decoyAgent interface {
	block.Decider
	Touch(f finding.Finding) block.ID
	// Principal tells who is behind a request in the names that blocks know.
	Principal(r *block.Request) (finding.Actor, []finding.Name)
}

// pathDecoys is the agent's decision, and decoys where a request passes it. It
// implements block.Decider.
type pathDecoys struct {
	catalogue atomic.Pointer[decoy.Catalogue]
	agent     decoyAgent
	gateway   string
	// answered: there is a responder to send touches to. Without one they go
	// to the application, and are refused from the next request on.
	answered bool
	now      func() time.Time
	asked    atomic.Bool // by anybody, so far
}

// Decide implements block.Decider. Of a client that is exempt a touch is told,
// and nothing else becomes of it: neither is it refused nor does it see a
// decoy.
func (p *pathDecoys) Decide(r *block.Request) block.Verdict {
	if !p.asked.Load() {
		p.asked.Store(true)
	}
	v := p.agent.Decide(r)
	if v.Refused || !r.Client.IsValid() {
		return v
	}
	d, ok := p.catalogue.Load().Find([]byte(r.Host), []byte(r.Method), []byte(r.Path))
	if !ok {
		return v
	}
	exempt := v.Found && v.Action == block.Allow && v.Mode == block.Enforce
	f := p.finding(r, d)
	if exempt {
		f.Wanted.Shadow = true
	}
	id := p.agent.Touch(f)
	if exempt || !p.answered || d.Mode != block.Enforce {
		return v
	}
	return block.Verdict{Refused: true, Decision: block.Decision{ID: id, Action: block.Divert, Mode: block.Enforce, Found: true}}
}

func (p *pathDecoys) finding(r *block.Request, d *decoy.Decoy) finding.Finding {
	touch := decoy.Touch{
		Decoy: d, Actor: finding.ActorOf(r.Client), Time: p.now(),
		Sighting: finding.Sighting{
			Via: finding.ViaAgent, Gateway: p.gateway, RequestID: r.RequestID,
			Method: r.Method, Host: r.Host, Path: r.Path, UserAgent: r.UserAgent,
		},
	}
	f := touch.Finding()
	f.Principal, f.Names = p.agent.Principal(r)
	return f
}
