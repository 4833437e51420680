package watch

import "math/bits"

// A diary remembers for each hour of the day on which of the last 32 days
// something came in it. A job that runs every night, or every Monday, is
// missed when it does not.
type diary struct {
	Days  [24]uint32 // bit 0 = the last time that this hour passed
	Known uint8      // days that were noted, 32 at most

	record record
}

const (
	diaryLeast  = 5   // times in a row that make an appointment
	diaryWeeks  = 3   // weeks in a row
	diaryBusy   = 0.5 // share of hours with requests above which a series keeps no appointments
	neverMissed = 0.05
)

// note writes down whether something came in an hour.
func (d *diary) note(hour int, came bool) {
	d.Days[hour] <<= 1
	if came {
		d.Days[hour] |= 1
	}
	if hour == 23 {
		d.Known = min(d.Known+1, 32)
	}
}

// missed tells whether something was due in an hour, because it always came,
// and whether it came neither then nor in the next one, both of which were
// noted; and the chance of that: Laplace's rule for a habit that was never
// broken, by somebody who expects habits to be kept.
func (d *diary) missed(hour int) (chance float64, due, missed bool) {
	if d.share() > diaryBusy {
		return 1, false, false
	}
	before := d.Days[hour] >> 1
	n := bits.TrailingZeros32(^before)
	if n < diaryLeast {
		if n = weekly(before); n < diaryWeeks {
			return 1, false, false
		}
	}
	if (d.Days[hour]|d.Days[(hour+1)%24])&1 != 0 {
		return 1, true, false
	}
	return neverMissed / (float64(n) + 1), true, true
}

// weekly is on how many of the last weeks something came on this day of the
// week, without a break.
func weekly(before uint32) int {
	n := 0
	for at := 6; at < 31 && before>>at&1 != 0; at += 7 {
		n++
	}
	return n
}

// share is that of the hours of the last days in which something came.
func (d *diary) share() float64 {
	came := 0
	for _, days := range d.Days {
		came += bits.OnesCount32(days)
	}
	return float64(came) / (24 * float64(max(d.Known, 1)))
}

func (d *diary) code(c *coder) {
	for i := range d.Days {
		whole(c, &d.Days[i])
	}
	whole(c, &d.Known)
	d.record.code(c)
}
