package gateway

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/enforce/httpauth"
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

// pathDecoys sees touches in the request path. It implements httpauth.Decoys.
type pathDecoys struct {
	catalogue atomic.Pointer[decoy.Catalogue]
	agent     toucher
	gateway   string
	// answered: there is a responder to send touches to. Without one they go
	// to the application, and are refused from the next request on.
	answered bool
	now      func() time.Time
}

// Touch implements httpauth.Decoys.
func (p *pathDecoys) Touch(r httpauth.Request) (block.ID, bool) {
	path, _, _ := strings.Cut(r.URI, "?")
	d, ok := p.catalogue.Load().Find([]byte(r.Host), []byte(r.Method), []byte(path))
	if !ok {
		return 0, false
	}
	touch := decoy.Touch{
		Decoy: d, Actor: finding.ActorOf(r.Client), Time: p.now(),
		Sighting: finding.Sighting{
			Via: finding.ViaAgent, Gateway: p.gateway, RequestID: r.RequestID,
			Method: r.Method, Host: r.Host, Path: path, UserAgent: r.UserAgent,
		},
	}
	id := p.agent.Touch(touch.Finding())
	return id, p.answered && d.Mode == block.Enforce
}
