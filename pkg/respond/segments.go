package respond

import (
	"fmt"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// segmentCheck tells of segments whether somebody gets their blocks.
type segmentCheck struct{ known []string }

// checkSegments begins a check, of one block or of many.
func (s *Service) checkSegments() segmentCheck {
	if s.options.Segments == nil {
		return segmentCheck{}
	}
	return segmentCheck{s.options.Segments()}
}

// warn adds to a ruling that the segment is nobody's: its name may be misspelt.
// It is no refusal, because agents may be enrolled later.
func (c segmentCheck) warn(r *Ruling, name string) {
	if name == block.All || len(c.known) == 0 || slices.Contains(c.known, name) {
		return
	}
	r.Warnings = append(r.Warnings, fmt.Sprintf(
		"no agent is enrolled for the segment %s, and nothing in the configuration names it: until one is, nobody enforces this; there %s",
		name, c.others()))
}

// maxNamed is how many segments a warning names.
const maxNamed = 8

func (c segmentCheck) others() string {
	others := slices.DeleteFunc(slices.Clone(c.known), func(name string) bool { return name == block.All })
	if len(others) == 0 {
		return "is none but " + block.All
	}
	if more := len(others) - maxNamed; more > 0 {
		others = append(others[:maxNamed], fmt.Sprintf("%d more", more))
	}
	return "are " + block.All + ", " + strings.Join(others, ", ")
}
