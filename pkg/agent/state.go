package agent

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Format of the state file, little-endian:
//
//	"hma" version(1) header length(4) header checksum(4) header(JSON)
//	a snapshot for each segment, as the header lists them
//
// A snapshot carries its own checksum.
const (
	stateMagic  = "hma\x02"
	statePrefix = len(stateMagic) + 8
)

// savedState is what an agent keeps over a restart.
type savedState struct {
	sets map[string]*block.Set
	keys map[string][]block.MatchKey
	// spared is whom this agent must not refuse by itself.
	spared []netip.Prefix
}

func (s savedState) equal(other savedState) bool {
	return s.sets != nil && maps.Equal(s.sets, other.sets) && maps.EqualFunc(s.keys, other.keys, slices.Equal[[]block.MatchKey]) &&
		slices.Equal(s.spared, other.spared)
}

// stateHeader tells when the state was written, by both clocks, and what
// follows.
type stateHeader struct {
	Wall     time.Time           `json:"wall"`
	Boot     string              `json:"boot"`
	Clock    time.Duration       `json:"clock_ns"`
	Segments []stateSegment      `json:"segments"`
	Keys     []block.SegmentKeys `json:"keys"`
	Spared   []netip.Prefix      `json:"spared,omitempty"` // none in a state of before
}

type stateSegment struct {
	Name  string `json:"name"`
	Bytes int    `json:"bytes"`
}

// encodeState writes the sets with the time left of each block.
func encodeState(s savedState, clock Clock) ([]byte, error) {
	now := clock.Now()
	head := stateHeader{Wall: clock.Wall().UTC(), Boot: clock.Boot(), Clock: now, Spared: s.spared}
	for _, name := range slices.Sorted(maps.Keys(s.keys)) {
		head.Keys = append(head.Keys, block.SegmentKeys{Segment: name, Keys: s.keys[name]})
	}
	var body []byte
	for _, name := range slices.Sorted(maps.Keys(s.sets)) {
		start := len(body)
		body = block.AppendSnapshot(body, s.sets[name], now)
		head.Segments = append(head.Segments, stateSegment{name, len(body) - start})
	}
	text, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("encode state header: %w", err)
	}
	out := make([]byte, 0, statePrefix+len(text)+len(body))
	out = append(out, stateMagic...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(text)))
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(text))
	out = append(out, text...)
	return append(out, body...), nil
}

// decodeState is the inverse of encodeState, the time that has passed since
// taken off each lifetime. Errors wrap block.ErrCorrupt.
func decodeState(data []byte, clock Clock) (savedState, error) {
	head, body, err := decodeStateHeader(data)
	if err != nil {
		return savedState{}, err
	}
	now, away := clock.Now(), head.away(clock)
	state := savedState{map[string]*block.Set{}, map[string][]block.MatchKey{}, head.Spared}
	for _, k := range head.Keys {
		state.keys[k.Segment] = k.Keys
	}
	for _, s := range head.Segments {
		if s.Bytes < 0 || s.Bytes > len(body) || !block.ValidName(s.Name) {
			return savedState{}, fmt.Errorf("%w: segment %q is cut", block.ErrCorrupt, s.Name)
		}
		set, err := block.ReadSnapshot(body[:s.Bytes], now, away)
		if err != nil {
			return savedState{}, fmt.Errorf("segment %s: %w", s.Name, err)
		}
		state.sets[s.Name], body = set, body[s.Bytes:]
	}
	if len(body) > 0 {
		return savedState{}, fmt.Errorf("%w: %d bytes after the last segment", block.ErrCorrupt, len(body))
	}
	return state, nil
}

func decodeStateHeader(data []byte) (stateHeader, []byte, error) {
	var head stateHeader
	if len(data) < statePrefix || !bytes.HasPrefix(data, []byte(stateMagic)) {
		return head, nil, fmt.Errorf("%w: no state header", block.ErrCorrupt)
	}
	size := int(binary.LittleEndian.Uint32(data[4:]))
	sum := binary.LittleEndian.Uint32(data[8:])
	rest := data[statePrefix:]
	if size > len(rest) || crc32.ChecksumIEEE(rest[:size]) != sum {
		return head, nil, fmt.Errorf("%w: state header is damaged", block.ErrCorrupt)
	}
	if err := json.Unmarshal(rest[:size], &head); err != nil {
		return head, nil, fmt.Errorf("%w: state header: %w", block.ErrCorrupt, err)
	}
	return head, rest[size:], nil
}

// away is how long ago the state was written. Within one boot nobody can move
// the clock that tells; over a reboot the time of day has to do, and where it
// went back, no time has passed: a snapshot from the service sets it right.
func (h *stateHeader) away(clock Clock) time.Duration {
	if h.Boot != "" && h.Boot == clock.Boot() {
		return max(0, clock.Now()-h.Clock)
	}
	return max(0, clock.Wall().Sub(h.Wall))
}

// stateFile is where the sets are kept over a restart.
type stateFile struct{ path string }

// readState reads what an agent left in its state file, with what is left of
// the blocks' lifetimes now. A missing file gives nothing.
func readState(path string, clock Clock) (savedState, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return savedState{}, nil
	}
	if err != nil {
		return savedState{}, fmt.Errorf("read state: %w", err)
	}
	state, err := decodeState(data, clock)
	if err != nil {
		return savedState{}, fmt.Errorf("read state of %s: %w", path, err)
	}
	return state, nil
}

// setAside renames a file that cannot be read, for a person to look at.
func (f stateFile) setAside() (string, error) {
	aside := f.path + ".corrupt"
	if err := os.Rename(f.path, aside); err != nil {
		return "", fmt.Errorf("set the damaged state aside: %w", err)
	}
	return aside, nil
}

// save replaces the file: after a crash at any moment there is the old state
// or the new one. It gives the size of the new one in bytes.
func (f stateFile) save(s savedState, clock Clock) (size int, err error) {
	data, err := encodeState(s, clock)
	if err != nil {
		return 0, err
	}
	if err := replaceFile(f.path, data); err != nil {
		return len(data), fmt.Errorf("save state: %w", err)
	}
	return len(data), nil
}
