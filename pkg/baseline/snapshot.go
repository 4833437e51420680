package baseline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// snapshotVersion changes when what is kept does: an older snapshot is not
// read, and its series is learnt anew.
const snapshotVersion = 5

// snapshot is what is written of a model, before the codes of its days.
type snapshot struct {
	Version      uint32
	Codes        int32
	Least        float64
	Course       course
	Short        short
	Slow, Fast   spread
	Above, Below margin
	Memory       memory
	Tally        tally
	Story        story
	Seen, Faith  float64
	Clock        clockState
	Days         daysState
	Tails        [kinds]tailState
	All          ranks
}

type tailState struct {
	Now, Before generation
	Outer       float64
}

// AppendBinary appends what the model knows to b. It does not fail.
func (m *Model) AppendBinary(b []byte) ([]byte, error) {
	s := m.snapshot()
	w := writer{s.append(b)}
	w.codes(m.days.Codes)
	return w.data, nil
}

func (m *Model) snapshot() snapshot {
	s := snapshot{
		Version: snapshotVersion, Codes: int32(len(m.days.Codes)), Least: m.transform.Least,
		Course: m.course, Short: m.short, Slow: m.slow, Fast: m.fast, Above: m.above, Below: m.below,
		Memory: m.memory, Tally: m.tally, Story: m.story, Seen: m.seen, Faith: m.faith,
		Clock: m.clock.clockState, Days: m.days.daysState, All: m.judges.All,
	}
	for i, t := range m.judges.Tails {
		s.Tails[i] = tailState{t.Now, t.Before, t.Outer}
	}
	return s
}

var errSnapshot = errors.New("not a snapshot of this version, or damaged: have the series learnt anew")

// Restore makes the model that AppendBinary wrote. The options are those that
// the model was made with. An error wraps what is wrong with the data.
func Restore(o Options, data []byte) (*Model, error) {
	var s snapshot
	n, err := binary.Decode(data, binary.LittleEndian, &s)
	if err == nil && !s.sound(len(data)-n) {
		err = errSnapshot
	}
	if err != nil {
		return nil, fmt.Errorf("read the snapshot of a model: %w", err)
	}
	m := New(o)
	m.transform.Least, m.course, m.short, m.slow, m.fast = s.Least, s.Course, s.Short, s.Slow, s.Fast
	m.above, m.below, m.memory, m.tally, m.story = s.Above, s.Below, s.Memory, s.Tally, s.Story
	m.seen, m.faith, m.clock.clockState = s.Seen, s.Faith, s.Clock
	m.judges.All = s.All
	for i, t := range s.Tails {
		r := &m.judges.Tails[i]
		r.Now, r.Before, r.Outer = t.Now, t.Before, t.Outer
	}
	m.days = days{daysState: s.Days}
	if s.Codes > 0 {
		m.days.Codes = make([]int16, s.Codes)
		_, err = binary.Decode(data[n:], binary.LittleEndian, m.days.Codes)
	}
	if err != nil {
		return nil, fmt.Errorf("read the days of a model: %w", err)
	}
	return m, nil
}

// sound tells whether what is used as an index or a length is one.
func (s *snapshot) sound(rest int) bool {
	laid := s.Days.Period > 0 && s.Days.Slots >= 1 && s.Days.Slots <= mostSlots && s.Days.Slot >= 0 && s.Days.Slot < s.Days.Slots
	ok := s.Version == snapshotVersion && rest == 2*int(s.Codes) && s.Codes == kept*s.Days.Slots &&
		(laid || s.Days == daysState{}) && int(s.Clock.Known) <= firstSteps && s.Clock.Known >= 0 &&
		s.Course.Chosen >= 0 && s.Course.Chosen < ways && int(s.Story.Shape) < len(shapes) && !math.IsNaN(s.Seen)
	for _, t := range s.Tails {
		ok = ok && t.Now.sound() && t.Before.sound()
	}
	return ok
}

func (g *generation) sound() bool { return g.Kept >= 0 && g.Kept <= tailKept && g.Seen >= g.Kept }
