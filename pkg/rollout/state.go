package rollout

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ErrState is wrapped by errors of Restore.
var ErrState = errors.New("state of the rollouts cannot be read")

// stateVersion is the version of the encoding.
const stateVersion = 1

type bookJSON struct {
	Version int       `json:"version"`
	Now     time.Time `json:"now"`
	Logic   []*logic  `json:"logic"` // by rule; those of one in their order
	Fleet   fleet     `json:"fleet"`
	Pending []Event   `json:"pending,omitempty"`
}

// MarshalJSON writes all that the book knows but for its options.
func (b *Book) MarshalJSON() ([]byte, error) {
	return json.Marshal(bookJSON{Version: stateVersion, Now: b.now, Logic: b.all(), Fleet: b.fleet, Pending: b.pending})
}

// Restore takes what MarshalJSON wrote in place of what the book knows. The
// error wraps ErrState and leaves the book as it was. No data is no memory.
func (b *Book) Restore(data []byte) error {
	v := bookJSON{Version: stateVersion}
	if len(data) > 0 {
		v.Version = 0
		if err := json.Unmarshal(data, &v); err != nil {
			return fmt.Errorf("restore rollouts: %w: %w", ErrState, err)
		}
	}
	if v.Version != stateVersion {
		return fmt.Errorf("restore rollouts: %w: version %d, this program reads %d", ErrState, v.Version, stateVersion)
	}
	rules := map[string][]*logic{}
	for _, l := range v.Logic {
		if l == nil {
			return fmt.Errorf("restore rollouts: %w: a version is missing", ErrState)
		}
		rules[l.Rule] = append(rules[l.Rule], l)
	}
	b.rules, b.count, b.fleet, b.pending, b.now = rules, len(v.Logic), v.Fleet, v.Pending, v.Now
	b.forget()
	return nil
}
