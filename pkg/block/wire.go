package block

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The JSON shapes that the service and an agent exchange over HTTPS. The
// stream of changes is server-sent events: the names are below, the data is
// the JSON of the type named beside them.
const (
	EventHello     = "hello"     // Hello: the first event of every connection
	EventKeys      = "keys"      // SegmentKeys
	EventSnapshot  = "snapshot"  // SegmentSnapshot
	EventDelta     = "delta"     // SegmentDelta
	EventHeartbeat = "heartbeat" // SegmentHeartbeat, each second and segment
	EventWithdraw  = "withdraw"  // Withdrawal
	EventRetries   = "retries"   // RetriesAsked, each second once there is one
	EventSpared    = "spared"    // Spared
)

// AfterHeader carries, on a request that ships a batch of lines, the sequence
// of the file's last message, as a decimal number.
const AfterHeader = "X-Honeymoat-After"

// DecisionHeader is the header by which an agent marks what it decided on a
// request: "deny ID", "drop ID", "throttle ID", "divert ID" or "flag ID".
const DecisionHeader = "X-Honeymoat-Decision"

// Hello opens a stream: the segments that this agent gets, All included.
type Hello struct {
	Segments []string `json:"segments"`
}

// SegmentKeys carries the match keys of a segment, the current one first.
type SegmentKeys struct {
	Segment string     `json:"segment"`
	Keys    []MatchKey `json:"keys"`
}

// Spared carries the prefixes of whom no agent is to refuse by itself.
type Spared struct {
	Prefixes []netip.Prefix `json:"prefixes"`
}

// SegmentSnapshot carries the whole set of a segment, as AppendSnapshot
// writes it. Deltas after it in the stream are newer.
type SegmentSnapshot struct {
	Segment string `json:"segment"`
	Data    []byte `json:"data"` // base64
}

// SegmentDelta carries one change to a segment.
type SegmentDelta struct {
	Segment string `json:"segment"`
	Delta   Delta  `json:"delta"`
}

// SegmentHeartbeat carries the version that the service holds.
type SegmentHeartbeat struct {
	Segment string  `json:"segment"`
	Version Version `json:"version"`
}

// Withdrawal takes back a provisional refusal.
type Withdrawal struct {
	ID ID `json:"id"`
}

// RetriesAsked carries the number of the last retry that was asked for.
type RetriesAsked struct {
	Last uint64 `json:"last"`
}

// EnrolRequest trades a one-time token for an agent's credential.
type EnrolRequest struct {
	Token    string `json:"token"`
	Name     string `json:"name,omitempty"` // asked for; the token may fix another
	Software string `json:"software"`
}

// Enrolment is the answer: who the agent is and how it reaches the service.
type Enrolment struct {
	Name     string   `json:"name"`
	Secret   string   `json:"secret"`
	Segments []string `json:"segments"` // besides All
	Gateway  string   `json:"gateway"`
	BusURLs  []string `json:"bus_urls,omitempty"` // empty: use the HTTP stream
	CAPEM    string   `json:"ca_pem"`
}

// FileMark is how far a log file has been acknowledged.
type FileMark struct {
	Sequence uint64      `json:"sequence"` // of the file's last message; 0 = none
	End      FileMarkEnd `json:"end"`
}

// FileMarkEnd is where a file's last message ends.
type FileMarkEnd struct {
	Offset int64 `json:"offset"`
	Line   int64 `json:"line"`
}

// LinesStored answers a shipped batch.
type LinesStored struct {
	Sequence uint64 `json:"sequence"`
}

// deltaJSON has pointers where absence means something.
type deltaJSON struct {
	Revision   uint64  `json:"revision"`
	Target     Target  `json:"target"`
	Removed    bool    `json:"removed,omitempty"`
	ID         *ID     `json:"id,omitempty"`
	LeftMillis int64   `json:"left_ms,omitempty"`
	Action     *Action `json:"action,omitempty"`
	Mode       *Mode   `json:"mode,omitempty"`
	Percent    uint8   `json:"percent,omitempty"`
	Terms      *Terms  `json:"terms,omitempty"`
}

// MarshalJSON writes {"revision", "target", "id", "left_ms", "action",
// "mode", "percent", "terms"}, or {"revision", "target", "removed": true}.
func (d Delta) MarshalJSON() ([]byte, error) {
	v := deltaJSON{Revision: d.Revision, Target: d.Target, Removed: d.Removed}
	if !d.Removed {
		v.ID, v.Action, v.Mode = &d.ID, &d.Action, &d.Mode
		v.LeftMillis = max(0, d.Left.Milliseconds())
		v.Percent, v.Terms = d.Percent, d.Terms
	}
	return json.Marshal(v)
}

// UnmarshalJSON reads what MarshalJSON writes. An action of a later version
// becomes Deny: an agent that does not know an action refuses. A mode of a
// later version becomes Shadow: one that is not known enforces nothing. Either
// gives the set another hash than the original has, so a snapshot is taken,
// which has the original's own number.
func (d *Delta) UnmarshalJSON(data []byte) error {
	var v struct {
		deltaJSON
		Action string  `json:"action"`
		Mode   *string `json:"mode"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return fmt.Errorf("block delta: %w", err)
	}
	if !v.Target.valid() || !v.Removed && v.ID == nil {
		return fmt.Errorf("block delta of revision %d: want a target, and an id unless it is removed", v.Revision)
	}
	if v.LeftMillis < 0 || v.LeftMillis > maxLeft.Milliseconds() {
		return fmt.Errorf("block delta of revision %d: lifetime of %d ms is out of range", v.Revision, v.LeftMillis)
	}
	*d = Delta{Revision: v.Revision, Target: v.Target, Removed: v.Removed}
	if v.Removed {
		return nil
	}
	d.ID, d.Left, d.Percent, d.Terms = *v.ID, time.Duration(v.LeftMillis)*time.Millisecond, v.Percent, v.Terms
	if d.Action.UnmarshalText([]byte(v.Action)) != nil {
		d.Action = Deny
	}
	if v.Mode != nil && d.Mode.UnmarshalText([]byte(*v.Mode)) != nil {
		d.Mode = Shadow
	}
	return nil
}

// FormatHave writes the versions that an agent holds, for the query parameter
// "have" of the stream: "segment:revision:hash:count", comma separated, in
// the order of their names.
func FormatHave(versions map[string]Version) string {
	parts := make([]string, 0, len(versions))
	for segment, v := range versions {
		parts = append(parts, fmt.Sprintf("%s:%d:%016x:%d", segment, v.Revision, v.Hash, v.Count))
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// maxHave bounds the segments in a "have" parameter.
const maxHave = 1024

// ParseHave is the inverse of FormatHave. The count may be left out; such a
// version equals no other and brings a snapshot.
func ParseHave(s string) (map[string]Version, error) {
	versions := map[string]Version{}
	if s == "" {
		return versions, nil
	}
	parts := strings.Split(s, ",")
	if len(parts) > maxHave {
		return nil, fmt.Errorf("have: %d segments, want at most %d", len(parts), maxHave)
	}
	for _, part := range parts {
		segment, v, err := parseHeld(part)
		if err != nil {
			return nil, err
		}
		versions[segment] = v
	}
	return versions, nil
}

func parseHeld(part string) (string, Version, error) {
	fields := strings.Split(part, ":")
	if len(fields) < 3 || len(fields) > 4 || !ValidName(fields[0]) {
		return "", Version{}, fmt.Errorf("have %q: want SEGMENT:REVISION:HASH:COUNT", part)
	}
	revision, err1 := strconv.ParseUint(fields[1], 10, 64)
	hash, err2 := strconv.ParseUint(fields[2], 16, 64)
	count, err3 := -1, error(nil)
	if len(fields) == 4 {
		count, err3 = strconv.Atoi(fields[3])
	}
	if err1 != nil || err2 != nil || err3 != nil {
		return "", Version{}, fmt.Errorf("have %q: want a decimal revision, a hash in hex and a decimal count", part)
	}
	return fields[0], Version{Revision: revision, Hash: hash, Count: count}, nil
}
