package baseline

import (
	"math"
	"slices"
)

// Days are the last seven days of a series, fifteen minutes a slot, as whole
// numbers of a unit: what was about this time on any of them was seen before,
// however a weekend, a holiday or a shifted peak differs from the mean. Where
// the points are no part of a day, a period of 24 points takes its place.
type days struct {
	daysState
	Codes []int16
}

type daysState struct {
	Base, Unit float64
	Period     int64 // nanoseconds; 0 = not laid out yet
	Slots      int32 // of a period
	First, Day int64 // the oldest ever, the newest
	Slot       int32 // of it, the newest
	Was        int16 // what was in it
	Whole      bool  // two periods were seen
	Sum, Seen  float64
}

const (
	day       = int64(24 * 3600e9)
	kept      = 7 // periods
	mostSlots = 96
	around    = 3 // slots before and after that are about the same time
	never     = math.MinInt16
	widest    = 16384 // units
	fine      = 256   // units of a usual deviation
	shortest  = int64(10e9)
	noPeriod  = 24 // points in a period where there is no day
)

// lay lays the slots out once the interval is known.
func (d *days) lay(interval int64) {
	if d.Period = day; interval < shortest || interval > day/4 {
		d.Period = noPeriod * interval
	}
	d.Slots = int32(max(1, min(mostSlots, d.Period/interval)))
	d.Codes = slices.Repeat([]int16{never}, kept*int(d.Slots))
	d.First, d.Day = math.MinInt64, math.MinInt64
}

func (d *days) at(local int64) (day int64, slot int) {
	within := modulo(local, d.Period)
	return (local - within) / d.Period, int(float64(within) / float64(d.Period) * float64(d.Slots))
}

// whole tells once, when two periods were seen: until then distances are to
// less than what is compared with afterwards.
func (d *days) whole() bool {
	if d.Whole || d.Period == 0 || d.Day < d.First+2 {
		return false
	}
	d.Whole = true
	return true
}

func (d *days) row(day int64) []int16 {
	i := int(modulo(day, kept)) * int(d.Slots)
	return d.Codes[i : i+int(d.Slots)]
}

func (d *days) value(code int16) float64 { return d.Base + float64(code)*d.Unit }

// nearest is the least distance of y to what was about this time on one of
// the last days; today, where there was none; not ok where nothing was seen.
func (d *days) nearest(local int64, y float64) (distance float64, ok bool) {
	if d.Period == 0 {
		return 0, false
	}
	best := math.Inf(1)
	today, slot := d.at(local)
	for back := int64(1); back <= kept; back++ {
		best = min(best, d.nearestOn(today-back, slot, y))
	}
	if math.IsInf(best, 1) {
		best = d.nearestOn(today, slot, y)
	}
	return best, !math.IsInf(best, 1)
}

func (d *days) nearestOn(day int64, slot int, y float64) float64 {
	best := math.Inf(1)
	for near := slot - around; near <= slot+around; near++ {
		if code := d.seen(day, near); code != never {
			best = min(best, math.Abs(y-d.value(code)))
		}
	}
	return best
}

// seen is the code of a slot that may be of the day before or after; never
// where it is still to come, or has been forgotten.
func (d *days) seen(day int64, slot int) int16 {
	if n := int(d.Slots); slot < 0 {
		day, slot = day-1, slot+n
	} else if slot >= n {
		day, slot = day+1, slot-n
	}
	newest := d.Day
	if slot > int(d.Slot) {
		newest--
	}
	if slot < 0 || slot >= int(d.Slots) || day > newest || day <= newest-kept {
		return never
	}
	return d.row(day)[slot]
}

// usual is the median of this time of the last days, and what it was seven
// periods ago; not ok where it is not known.
func (d *days) usual(local int64) (median, before float64, ok bool) {
	if d.Period == 0 {
		return 0, 0, false
	}
	var room [kept]int16
	codes := room[:0]
	today, slot := d.at(local)
	for back := int64(1); back <= kept; back++ {
		if code := d.seen(today-back, slot); code != never {
			codes = append(codes, code)
		}
	}
	if len(codes) == 0 {
		return 0, 0, false
	}
	week := d.seen(today-kept, slot)
	if today == d.Day && slot == int(d.Slot) {
		week = d.Was
	}
	if week == never {
		week = codes[0]
	}
	slices.Sort(codes)
	median = (d.value(codes[(len(codes)-1)/2]) + d.value(codes[len(codes)/2])) / 2
	return median, d.value(week), true
}

// learn takes in what was seen now, where scale is a usual deviation.
func (d *days) learn(local int64, y, scale float64) {
	if d.Period == 0 {
		return
	}
	today, slot := d.at(local)
	if today < d.Day || today == d.Day && slot < int(d.Slot) {
		return
	}
	if today != d.Day || slot != int(d.Slot) {
		if d.First == math.MinInt64 {
			d.First = today
		}
		was := d.row(today)[slot]
		if d.forget(today); today-d.Day > kept {
			was = never
		}
		d.Day, d.Slot, d.Was, d.Sum, d.Seen = today, int32(slot), was, 0, 0
	}
	d.Sum += y
	d.Seen++
	d.row(today)[slot] = d.code(d.Sum/d.Seen, scale)
}

// forget makes what nothing was seen of since unknown.
func (d *days) forget(today int64) {
	for missed := max(d.Day+1, today-kept); missed < today && d.Day != math.MinInt64; missed++ {
		row := d.row(missed)
		for i := range row {
			row[i] = never
		}
	}
}

// code is a value in units, which become larger as they have to.
func (d *days) code(y, scale float64) int16 {
	if d.Unit == 0 {
		if d.Base == 0 {
			d.Base = y
		}
		d.Unit = max(scale, math.Abs(y-d.Base)) / fine
		if d.Unit == 0 {
			return 0
		}
	}
	if far := math.Abs(y-d.Base) / d.Unit / widest; far > 1 {
		d.coarsen(math.Exp2(math.Ceil(math.Log2(far))))
	}
	return int16(math.Round((y - d.Base) / d.Unit))
}

func (d *days) coarsen(factor float64) {
	d.Unit *= factor
	for i, code := range d.Codes {
		if code != never {
			d.Codes[i] = int16(math.Round(float64(code) / factor))
		}
	}
}

func modulo(t, period int64) int64 {
	if t %= period; t < 0 {
		t += period
	}
	return t
}
