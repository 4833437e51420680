package gateway

import (
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
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

// toucher is who takes note of touches.
type toucher interface {
	Touch(f finding.Finding) block.ID
}

// decoyAgent is an agent, as far as decoys need it.
type decoyAgent interface {
	block.Decider
	Touch(f finding.Finding) block.ID
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
}

// Decide implements block.Decider.
func (p *pathDecoys) Decide(r *block.Request) block.Verdict {
	v := p.agent.Decide(r)
	if v.Refused {
		return v
	}
	d, ok := p.catalogue.Load().Find([]byte(r.Host), []byte(r.Method), []byte(r.Path))
	if !ok {
		return v
	}
	touch := decoy.Touch{
		Decoy: d, Actor: finding.ActorOf(r.Client), Time: p.now(),
		Sighting: finding.Sighting{
			Via: finding.ViaAgent, Gateway: p.gateway, RequestID: r.RequestID,
			Method: r.Method, Host: r.Host, Path: r.Path, UserAgent: r.UserAgent,
		},
	}
	id := p.agent.Touch(touch.Finding())
	if !p.answered || d.Mode != block.Enforce {
		return v
	}
	return block.Verdict{Refused: true, Decision: block.Decision{ID: id, Action: block.Divert, Mode: block.Enforce, Found: true}}
}
