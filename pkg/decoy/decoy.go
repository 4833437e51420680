package decoy

import (
	"encoding/json"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Context tells where a decoy lies.
type Context string

const (
	// Out of context: a path that has nothing to do with what the host serves.
	// Passing scanners touch these all day.
	Out Context = "out"
	// In context: a path made to look like part of a real API. Whoever touches
	// it has looked at that API.
	In Context = "in"
)

// DefaultLifetime is how long a touch blocks when the catalogue does not say.
const DefaultLifetime = 4 * time.Hour

// MaxLifetime is the longest block that a catalogue may ask for.
const MaxLifetime = 30 * 24 * time.Hour

// Decoy is one entry of the catalogue. It is immutable once compiled.
type Decoy struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Context Context  `json:"context"`
	Hosts   []string `json:"hosts,omitempty"`   // empty = any; "*.example.com" is any host below
	Methods []string `json:"methods,omitempty"` // empty = any
	// Paths are exact, or end in "/*" for everything below. They are compared
	// with the cleaned path, see AppendClean.
	Paths         []string      `json:"paths"`
	CaseSensitive bool          `json:"case_sensitive,omitempty"`
	Tier          finding.Tier  `json:"tier"`
	Mode          block.Mode    `json:"mode"`
	Lifetime      time.Duration `json:"lifetime"` // of the block that a touch causes
	Response      Response      `json:"-"`
	// Version changes whenever what the decoy matches or asks for does.
	Version string `json:"version"`
}

// Response is what a decoy answers. It is the same for every request.
type Response struct {
	Status  int
	Headers []Header // in the catalogue's order
	Body    []byte   // may not be changed
	Delay   time.Duration
}

// Header is one header of a response.
type Header struct{ Name, Value string }

// version derives Version from everything but the answer.
func (d *Decoy) version() string {
	c := *d
	c.Version = ""
	text, err := json.Marshal(c)
	if err != nil { // no field of a decoy can fail to marshal
		return "0"
	}
	return finding.NewID("decoy", string(text))[:12]
}
