package baseline

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// snapshotVersion changes when what is kept does: an older snapshot is not
// read, and its series is learnt anew.
const snapshotVersion = 1

// kept is what a snapshot holds besides the slots of profiles.
type kept struct {
	Version             uint32
	Seen                int64
	Clock               clockState
	Courses             coursesState
	Short               short
	Spread              spread
	Windows             windows
	Marks               marks
	Story               story
	DaySlots, WeekSlots int32
}

// AppendBinary appends what the model knows to b. It does not fail.
func (m *Model) AppendBinary(b []byte) ([]byte, error) {
	k := kept{
		Version: snapshotVersion, Seen: m.seen, Clock: m.clock.clockState, Courses: m.courses.coursesState,
		Short: m.short, Spread: m.spread, Windows: m.windows, Marks: m.marks, Story: m.story,
		DaySlots: int32(len(m.courses.Day.Slots)), WeekSlots: int32(len(m.courses.Week.Slots)),
	}
	b, err := binary.Append(b, binary.LittleEndian, &k)
	for _, p := range []*profile{&m.courses.Day, &m.courses.Week} {
		for _, part := range []any{p.Slots, p.Points} {
			if err == nil {
				b, err = binary.Append(b, binary.LittleEndian, part)
			}
		}
	}
	if err != nil {
		return b, fmt.Errorf("write the snapshot of a model: %w", err)
	}
	return b, nil
}

var errSnapshot = errors.New("not a snapshot of this version: the series is to be learnt anew")

// Restore makes the model that AppendBinary wrote. The options are those that
// the model was made with.
func Restore(o Options, data []byte) (*Model, error) {
	m := New(o)
	var k kept
	n, err := binary.Decode(data, binary.LittleEndian, &k)
	if err == nil && (k.Version != snapshotVersion || k.DaySlots < 0 || k.DaySlots > daySlots || k.WeekSlots < 0 || k.WeekSlots > weekSlots) {
		err = errSnapshot
	}
	if err != nil {
		return nil, fmt.Errorf("read the snapshot of a model: %w", err)
	}
	m.seen, m.clock.clockState, m.courses.coursesState = k.Seen, k.Clock, k.Courses
	m.short, m.spread, m.windows, m.marks, m.story = k.Short, k.Spread, k.Windows, k.Marks, k.Story
	m.courses.lay(&m.clock)
	data = data[n:]
	for _, p := range []*profile{&m.courses.Day, &m.courses.Week} {
		for _, part := range []any{p.Slots, p.Points} {
			if n, err = binary.Decode(data, binary.LittleEndian, part); err != nil {
				return nil, fmt.Errorf("read the profiles of a model: %w", err)
			}
			data = data[n:]
		}
	}
	return m, nil
}
