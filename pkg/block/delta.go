package block

import "time"

// Delta is one change to a segment: a block put on a target, or a target
// freed.
type Delta struct {
	Revision uint64
	Target   Target
	Removed  bool
	// The rest is meant only when a block is put.
	ID      ID
	Left    time.Duration // lifetime left when the delta was sent
	Action  Action
	Mode    Mode
	Percent uint8
	Terms   *Terms
}

// DeltaOf is the delta that puts b, with the lifetime that is left at now.
func DeltaOf(b *Block, now time.Time) Delta {
	return Delta{
		Revision: b.Revision, Target: b.Target, ID: b.ID,
		Left: b.ExpiresAt().Sub(now), Action: b.Action, Mode: b.Mode, Percent: b.Percent, Terms: b.Terms,
	}
}

func (d *Delta) entry(now time.Duration) Entry {
	return Entry{
		ID: d.ID, Revision: d.Revision, Deadline: now + d.Left,
		Action: d.Action, Mode: d.Mode, Percent: d.Percent, Terms: d.Terms,
	}
}
