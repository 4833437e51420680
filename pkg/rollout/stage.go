package rollout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Stage is how far a version has come. The order is the way.
type Stage uint8

// The stages.
const (
	Shadow   Stage = iota // its blocks are recorded
	Flag                  // requests that they match pass with a header to the backend
	Canary5               // they are acted on for 5 % of the clients
	Canary25              // for 25 %
	Enforce               // for all
	Retired               // a later version has come to Enforce in its place
	stages                // count
)

var stageNames = [stages]string{"shadow", "flag", "canary-5", "canary-25", "enforce", "retired"}

// Stages lists the stages of the way, in order.
func Stages() []Stage { return []Stage{Shadow, Flag, Canary5, Canary25, Enforce} }

// String is the stage's name.
func (s Stage) String() string {
	if s < stages {
		return stageNames[s]
	}
	return fmt.Sprintf("stage-%d", uint8(s))
}

// MarshalText implements encoding.TextMarshaler.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Stage) UnmarshalText(text []byte) error {
	i := slices.Index(stageNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("rollout stage %q: want %s", text, strings.Join(stageNames[:], ", "))
	}
	*s = Stage(i)
	return nil
}

// Placement is what a block of some logic gets.
type Placement struct {
	Stage   Stage      `json:"stage"`
	Mode    block.Mode `json:"mode"`
	Percent uint8      `json:"percent,omitempty"` // of the clients, in mode canary
	// Flag has the block flag requests in place of what it would do.
	Flag bool `json:"flag,omitempty"`
}

// Placement is what blocks of a version in this stage get.
func (s Stage) Placement() Placement {
	switch s {
	case Flag:
		return Placement{Stage: s, Mode: block.Enforce, Flag: true}
	case Canary5:
		return Placement{Stage: s, Mode: block.Canary, Percent: 5}
	case Canary25:
		return Placement{Stage: s, Mode: block.Canary, Percent: 25}
	case Enforce:
		return Placement{Stage: s, Mode: block.Enforce}
	default:
		return Placement{Stage: s, Mode: block.Shadow}
	}
}
