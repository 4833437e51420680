package cli

import (
	"math"
	"strconv"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// timeTicks marks round times of UTC: at most so many, and their date where
// another day begins.
type timeTicks struct{ most int }

// Ticks implements plot.Ticker.
func (t timeTicks) Ticks(from, to float64) []plot.Tick {
	if steps, ok := t.step((to - from) / float64(t.most)); ok {
		return clockTicks(from, to, steps)
	}
	return t.monthTicks(from, to)
}

// step is the shortest round step in seconds that is no shorter than wanted;
// not ok beyond weeks.
func (t timeTicks) step(wanted float64) (float64, bool) {
	const minute, hour, day = 60, 3600, 86400
	for _, step := range []float64{1, 2, 5, 10, 15, 30, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
		hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day} {
		if step >= wanted {
			return step, true
		}
	}
	return 0, false
}

func clockTicks(from, to, step float64) []plot.Tick {
	const day, monday = 86400, 4 * 86400 // 1970-01-05 was one
	var ticks []plot.Tick
	last := time.Time{}
	offset := 0.0
	if step > day {
		offset = monday
	}
	for at := math.Ceil((from-offset)/step)*step + offset; at <= to; at += step {
		now := time.Unix(int64(at), 0).UTC()
		ticks = append(ticks, plot.Tick{Value: at, Label: timeLabel(now, last, step)})
		last = now
	}
	return ticks
}

// timeLabel is the time of day, and below it the date where it is another than
// the last tick's. The year stands where it is another.
func timeLabel(now, last time.Time, step float64) string {
	date := now.Format("2 Jan")
	if now.Year() != last.Year() {
		date = now.Format("2 Jan 2006")
	}
	sameDay := now.YearDay() == last.YearDay() && now.Year() == last.Year()
	switch clock := now.Format("15:04"); {
	case step >= 86400:
		return now.Format("Mon") + "\n" + date
	case step < 60 && sameDay:
		return now.Format("15:04:05")
	case step < 60:
		return now.Format("15:04:05") + "\n" + date
	case sameDay:
		return clock
	default:
		return clock + "\n" + date
	}
}

// monthTicks marks first days of months.
func (t timeTicks) monthTicks(from, to float64) []plot.Tick {
	const monthLong = 30.44 * 86400
	months := 1
	for _, step := range []int{1, 2, 3, 6, 12, 24, 60, 120, 600, 1200, 6000} {
		months = step
		if (to-from)/float64(t.most) <= float64(step)*monthLong {
			break
		}
	}
	begin := time.Unix(int64(from), 0).UTC()
	month := (begin.Year()*12 + int(begin.Month()) - 1) / months * months
	var ticks []plot.Tick
	last := time.Time{}
	for {
		now := time.Date(month/12, time.Month(month%12+1), 1, 0, 0, 0, 0, time.UTC)
		at := float64(now.Unix())
		if at > to {
			return ticks
		}
		if at >= from {
			label := now.Format("Jan")
			if now.Year() != last.Year() {
				label += "\n" + now.Format("2006")
			}
			ticks = append(ticks, plot.Tick{Value: at, Label: label})
			last = now
		}
		month += months
	}
}

// valueTicks are the usual ones, with short labels.
type valueTicks struct{}

// Ticks implements plot.Ticker.
func (valueTicks) Ticks(from, to float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(from, to)
	for i := range ticks {
		if !ticks[i].IsMinor() {
			ticks[i].Label = short(ticks[i].Value, to-from)
		}
	}
	return ticks
}

// short writes a number with as many digits as tell it from its neighbours in
// a range.
func short(x, within float64) string {
	switch size := max(math.Abs(x), within); {
	case math.Abs(x) < within*1e-9:
		return "0"
	case size >= 1e15 || size < 1e-4:
		return strconv.FormatFloat(x, 'g', 4, 64)
	case size >= 1e9:
		return trimmed(x/1e9, within/1e9) + "G"
	case size >= 1e6:
		return trimmed(x/1e6, within/1e6) + "M"
	case size >= 1e4:
		return trimmed(x/1e3, within/1e3) + "k"
	}
	return trimmed(x, within)
}

func trimmed(x, within float64) string {
	digits := min(12, max(0, 2-int(math.Floor(math.Log10(within)))))
	scale := math.Pow(10, float64(digits))
	return strconv.FormatFloat(math.Round(x*scale)/scale, 'f', -1, 64)
}
