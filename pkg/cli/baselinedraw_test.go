package cli

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot"
)

// wave is a drawing of many rows of which one sticks out.
func wave(rows, peak int) *drawing {
	d := &drawing{title: "wave.csv: value", width: 800, height: 300}
	for i := range rows {
		x := math.Sin(float64(i) / 50)
		s := sample{at: 1.7e9 + float64(i*60), value: x, expected: x, lower: x - 0.3, upper: x + 0.3}
		if i == peak {
			s.value, s.begins, s.lasts = 5, true, true
			d.begun++
		}
		d.samples = append(d.samples, s)
	}
	return d
}

// TestAnomaliesAreSeen however many rows there are, at their place.
func TestAnomaliesAreSeen(t *testing.T) {
	for _, rows := range []int{50, 5_000, 50_000} {
		var out bytes.Buffer
		d := wave(rows, rows/2)
		if err := d.draw(&out, formatPNG); err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(&out)
		if err != nil || picture.Bounds().Dx() != 800 || picture.Bounds().Dy() != 300 {
			t.Fatalf("%v, %v", picture.Bounds(), err)
		}
		red := 0
		for x := 380; x < 440; x++ {
			for y := 30; y < 80; y++ {
				if r, g, b, _ := picture.At(x, y).RGBA(); r>>8 > 180 && g>>8 < 80 && b>>8 < 80 {
					red++
				}
			}
		}
		if red < 20 {
			t.Errorf("%d rows: %d red pixels where the anomaly is", rows, red)
		}
	}
}

func TestDrawingsStaySmall(t *testing.T) {
	size := func(rows int) int {
		var out bytes.Buffer
		if err := wave(rows, 10).draw(&out, formatSVG); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "wave.csv: value") || !strings.Contains(out.String(), "expected") {
			t.Error("title or legend are missing")
		}
		return out.Len()
	}
	for _, rows := range []int{20_000, 200_000} {
		if bytes := size(rows); bytes > 1<<20 {
			t.Errorf("%d bytes for %d rows", bytes, rows)
		}
	}
}

func TestOddDrawings(t *testing.T) {
	nan := math.NaN()
	f := func(samples ...sample) {
		t.Helper()
		for _, format := range []string{formatSVG, formatPNG} {
			d := drawing{title: strings.Repeat("long ", 100), width: 200, height: 200, samples: samples}
			var out bytes.Buffer
			if err := d.draw(&out, format); err != nil || strings.Contains(out.String(), "NaN") {
				t.Errorf("%v: %v", samples, err)
			}
		}
	}
	f()
	f(sample{at: 5, value: 1, expected: nan, lower: nan, upper: nan})
	f(sample{at: 5, value: nan, expected: nan, lower: nan, upper: nan})
	f(sample{at: 5, value: 7}, sample{at: 5, value: 7}, sample{at: 6, value: 7, lower: -1e300, upper: 1e300})
	f(sample{at: 9, value: 1}, sample{at: 8, value: nan}, sample{at: 7, value: 1e308}, sample{at: 6, value: -1e308, begins: true})
	f(sample{at: -9e9, value: 1}, sample{at: 9e9, value: 2})
}

func TestThinningKeepsExtremes(t *testing.T) {
	d := wave(10_000, 5_003)
	d.samples[7_001].value = -4
	d.samples[7_002].value = math.NaN()
	d.samples[7_003].upper = 9
	kept := thin(d.samples, func(at float64) int { return int((at - 1.7e9) / 6000) })
	if len(kept) > 4*100+4 {
		t.Errorf("%d samples of 100 columns", len(kept))
	}
	has := func(what string, is func(sample) bool) {
		t.Helper()
		for _, s := range kept {
			if is(s) {
				return
			}
		}
		t.Errorf("%s is lost", what)
	}
	has("the peak", func(s sample) bool { return s.value == 5 && s.begins })
	has("the trough", func(s sample) bool { return s.value == -4 })
	has("the widest band", func(s sample) bool { return s.upper == 9 })
	for i := 1; i < len(kept); i++ {
		if kept[i].at <= kept[i-1].at {
			t.Fatalf("order is lost at %d", i)
		}
	}
	if few := thin(d.samples[:3], func(float64) int { return 0 }); len(few) != 3 {
		t.Errorf("%d of 3 samples", len(few))
	}
}

func TestLinesBreakWhereRowsAreMissing(t *testing.T) {
	var samples []sample
	for _, at := range []float64{0, 60, 120, 180, 240, 4000, 4060, 4060} {
		samples = append(samples, sample{at: at})
	}
	var sizes []int
	for _, part := range parts(samples, breaks(samples)) {
		sizes = append(sizes, len(part))
	}
	if fmt.Sprint(sizes) != "[5 3]" {
		t.Errorf("parts of %v", sizes)
	}
}

// TestAFlatLineIsALine where many rows share a column of pixels.
func TestAFlatLineIsALine(t *testing.T) {
	d := wave(20_000, -1)
	for i := range d.samples {
		d.samples[i].value = 0
	}
	var out bytes.Buffer
	if err := d.draw(&out, formatPNG); err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	for x := 100; x < 700; x++ {
		dark := false
		for y := 40; y < 250; y++ {
			r, g, b, _ := picture.At(x, y).RGBA()
			dark = dark || max(r, g, b)>>8 < 0x90
		}
		if !dark {
			t.Fatalf("nothing is drawn in column %d", x)
		}
	}
}

func labels(ticks []plot.Tick) string {
	var all []string
	for _, tick := range ticks {
		if tick.Label != "" {
			all = append(all, strings.ReplaceAll(tick.Label, "\n", "/"))
		}
	}
	return strings.Join(all, " ")
}

func TestTimeTicks(t *testing.T) {
	f := func(from string, lasts time.Duration, want string) {
		t.Helper()
		at, err := time.Parse(time.DateTime, from)
		if err != nil {
			t.Fatal(err)
		}
		begin := float64(at.Unix())
		if got := labels(timeTicks{most: 4}.Ticks(begin, begin+lasts.Seconds())); got != want {
			t.Errorf("%v from %s: %s", lasts, from, got)
		}
	}
	const day = 24 * time.Hour
	f("2026-08-01 12:00:03", 20*time.Second, "12:00:05/1 Aug 2026 12:00:10 12:00:15 12:00:20")
	f("2026-08-01 12:07:00", time.Hour, "12:15/1 Aug 2026 12:30 12:45 13:00")
	f("2026-08-01 12:00:00", day, "12:00/1 Aug 2026 18:00 00:00/2 Aug 06:00 12:00")
	f("2026-12-30 12:00:00", 4*day, "Thu/31 Dec 2026 Fri/1 Jan 2027 Sat/2 Jan Sun/3 Jan")
	f("2026-08-01 12:00:00", 28*day, "Mon/3 Aug 2026 Mon/10 Aug Mon/17 Aug Mon/24 Aug")
	f("2026-08-01 12:00:00", 120*day, "Sep/2026 Oct Nov")
	f("2025-08-01 12:00:00", 1000*day, "Jan/2026 Jan/2027 Jan/2028")
	f("1990-08-01 12:00:00", 10000*day, "Jan/2000 Jan/2010")
}

func TestShortNumbers(t *testing.T) {
	f := func(x, within float64, want string) {
		t.Helper()
		if got := short(x, within); got != want {
			t.Errorf("%v within %v: %s, want %s", x, within, got, want)
		}
	}
	f(0, 10, "0")
	f(1e-18, 1, "0")
	f(2.5, 10, "2.5")
	f(0.05, 0.2, "0.05")
	f(1500, 3000, "1500")
	f(20000, 40000, "20k")
	f(1.5e6, 3e6, "1.5M")
	f(-2e9, 4e9, "-2G")
	f(5e17, 1e18, "5e+17")
	f(2e-6, 1e-5, "2e-06")
	f(1000002, 4, "1.000002M")
}

func TestColoursDiffer(t *testing.T) {
	c := colours()
	seen := map[color.Color]bool{}
	for _, one := range []color.Color{c.value, c.expected, c.band, c.anomaly, c.lasting} {
		if seen[one] {
			t.Errorf("%v stands for two things", one)
		}
		seen[one] = true
	}
}

func TestDrawingOf(t *testing.T) {
	f := func(input, wanted, name, format string) {
		t.Helper()
		if n, f, err := drawingOf(input, wanted); err != nil || n != name || f != format {
			t.Errorf("%s -o %s: %s, %s, %v", input, wanted, n, f, err)
		}
	}
	f("data/cpu.csv", "", "cpu.svg", formatSVG)
	f("cpu.csv.gz", "", "cpu.svg", formatSVG)
	f("cpu", "", "cpu.svg", formatSVG)
	f("cpu.csv", "x/y.PNG", "x/y.PNG", formatPNG)
	f("-", "-", "-", formatSVG)
}
