package correlate

import (
	"encoding/json"
	"fmt"
)

// clockState is a Clock as it is written. Its bound is not in it.
type clockState struct {
	Now     int64                `json:"now"`
	Tells   uint64               `json:"tells"`
	Sources map[string]paceState `json:"sources"`
}

type paceState struct {
	At    int64  `json:"at"`
	Doubt int    `json:"doubt,omitempty"`
	Heard uint64 `json:"heard"`
}

// MarshalJSON writes what the clock was told, so that event time goes on after
// a restart where it would have without one.
func (c *Clock) MarshalJSON() ([]byte, error) {
	s := clockState{Now: c.now, Tells: c.tells, Sources: map[string]paceState{}}
	for name, p := range c.sources {
		s.Sources[name] = paceState{p.at, p.doubt, p.heard}
	}
	return json.Marshal(s)
}

// UnmarshalJSON reads what MarshalJSON wrote, in place of what the clock was
// told; its bound stays. The error leaves the clock as it was.
func (c *Clock) UnmarshalJSON(data []byte) error {
	var s clockState
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("read clock: %w", err)
	}
	sources := map[string]*pace{}
	for name, p := range s.Sources {
		if outOfRange(p.At) || p.Heard > s.Tells || len(s.Sources) > maxSources {
			return fmt.Errorf("read clock: source %q cannot be", name)
		}
		sources[name] = &pace{p.At, p.Doubt, p.Heard}
	}
	if outOfRange(s.Now) {
		return fmt.Errorf("read clock: event time %d cannot be", s.Now)
	}
	c.now, c.tells, c.sources = s.Now, s.Tells, sources
	return nil
}

func outOfRange(t int64) bool { return t < minTime || t > maxTime }
