package wire

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
)

// EnrolmentRequest asks for a one-time token that makes an agent.
type EnrolmentRequest struct {
	Name            string   `json:"name,omitempty"` // of the agent; none = it chooses
	Gateway         string   `json:"gateway"`
	Segments        []string `json:"segments,omitempty"` // besides all
	LifetimeSeconds int64    `json:"lifetime_seconds,omitempty"`
}

// EnrolmentToken is the answer. The token is shown this once.
type EnrolmentToken struct {
	Token     string    `json:"token"`
	Name      string    `json:"name,omitempty"`
	Gateway   string    `json:"gateway"`
	Segments  []string  `json:"segments"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Decoy is one decoy of the catalogue.
type Decoy struct {
	ID              string        `json:"id"`
	Title           string        `json:"title"`
	Context         decoy.Context `json:"context"`
	Hosts           []string      `json:"hosts"` // empty = any
	Methods         []string      `json:"methods"`
	Paths           []string      `json:"paths"`
	Tier            string        `json:"tier"` // of finding.Tier
	Mode            block.Mode    `json:"mode"`
	LifetimeSeconds int64         `json:"lifetime_seconds"`
	Status          int           `json:"status"` // of the answer
	Version         string        `json:"version"`
}

// Part is one part of the service.
type Part struct {
	Name   string `json:"name"` // "bus", "store", "alertmanager", "detector"
	Ready  bool   `json:"ready"`
	Detail string `json:"detail,omitempty"` // why not, or what it is
}

// Readiness answers /readyz.
type Readiness struct {
	Ready bool   `json:"ready"`
	Parts []Part `json:"parts"`
}

// Status tells what runs.
type Status struct {
	Version   string                   `json:"version"`
	StartedAt time.Time                `json:"started_at"`
	Ready     bool                     `json:"ready"`
	Parts     []Part                   `json:"parts"`
	Blocks    int                      `json:"blocks"` // live
	Agents    int                      `json:"agents"` // connected
	Segments  map[string]block.Version `json:"segments"`
	Catalogue string                   `json:"catalogue"` // version of the decoys
	// Quarantined is how many records are in quarantine; none while the store
	// cannot tell.
	Quarantined *int64 `json:"quarantined,omitempty"`
}

// DecoyOf is a decoy of a catalogue as the API shows it.
func DecoyOf(d *decoy.Decoy) Decoy {
	return Decoy{
		ID: d.ID, Title: d.Title, Context: d.Context, Hosts: list(d.Hosts), Methods: list(d.Methods), Paths: list(d.Paths),
		Tier: d.Tier.String(), Mode: d.Mode, LifetimeSeconds: int64(d.Lifetime / time.Second), Status: d.Response.Status, Version: d.Version,
	}
}

// list is never null in JSON.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
