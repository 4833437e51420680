package mirror

import "time"

// setTolerance is how far the time of day may drift from the clock of a Mirror
// before it counts as set: entries end that much too soon or too late at most.
const setTolerance = 5 * time.Second

// Daytime notices that somebody has set the time of day. A gateway that lets
// what it holds end by it has to be told all of it again: otherwise blocks end
// with a step forward, and stay with one back. The zero value is ready.
type Daytime struct {
	known  bool
	offset time.Duration // of the time of day from the other clock
}

// Set tells whether the time of day was set since the call that last said so,
// or since the first. now is on the clock of the Mirror.
func (d *Daytime) Set(day time.Time, now time.Duration) bool {
	offset := time.Duration(day.UnixNano()) - now
	moved := d.known && (offset-d.offset).Abs() > setTolerance
	if moved || !d.known {
		d.known, d.offset = true, offset
	}
	return moved
}
