package watch

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Quantity is a value with its unit, as people write it: "38 %", "1.2 kB",
// "230 ms", "1,204 requests a minute". Units are those of series.Measure and
// of Statistic.Unit.
func Quantity(v float64, unit string) string {
	first, rest, _ := strings.Cut(unit, " ")
	if rest != "" {
		rest = " " + rest
	}
	switch {
	case unit == "of the answers" || unit == "of the requests":
		return Percent(v) + " " + unit
	case first == "s":
		return seconds(v) + rest
	case first == "bytes":
		return size(v) + rest
	}
	return Number(v) + " " + unit
}

// Percent is a share, with two digits that count.
func Percent(v float64) string {
	x := 100 * v
	switch {
	case x == 0 || math.Abs(x) >= 10:
		return fmt.Sprintf("%.0f %%", x)
	case math.Abs(x) >= 1:
		return trimmed(x, 1) + " %"
	case math.Abs(x) < 0.001:
		return "under 0.001 %"
	}
	return strconv.FormatFloat(x, 'g', 1, 64) + " %"
}

func trimmed(x float64, digits int) string {
	return strings.TrimSuffix(strconv.FormatFloat(x, 'f', digits, 64), ".0")
}

// Number is a number of things, with commas.
func Number(v float64) string {
	if math.Abs(v) < 10 && v != math.Trunc(v) {
		return trimmed(v, 1)
	}
	if math.Abs(v) >= 1e15 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	text := strconv.FormatInt(int64(math.Round(v)), 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func seconds(v float64) string {
	switch {
	case v >= 100:
		return Number(v) + " s"
	case v >= 1:
		return trimmed(v, 1) + " s"
	case v >= 0.001:
		return fmt.Sprintf("%.0f ms", v*1e3)
	}
	return fmt.Sprintf("%.0f µs", v*1e6)
}

func size(v float64) string {
	for _, unit := range [...]string{"bytes", "kB", "MB", "GB"} {
		if math.Abs(v) < 999.5 {
			if unit == "bytes" || math.Abs(v) >= 9.95 {
				return fmt.Sprintf("%.0f %s", v, unit)
			}
			return trimmed(v, 1) + " " + unit
		}
		v /= 1000
	}
	return Number(v) + " TB"
}

// Rarity says a chance in words.
func Rarity(chance float64) string {
	switch {
	case chance <= 1e-12:
		return "by chance practically never"
	case chance >= 0.1:
		return "nothing unusual by itself"
	}
	n := 1 / chance
	digits := math.Pow(10, math.Floor(math.Log10(n)))
	n = math.Round(n/digits) * digits
	return "by chance once in " + Number(n) + " looks"
}
