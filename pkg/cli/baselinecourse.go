package cli

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// course draws samples in the order of their times: what lasts, the band, what
// was expected, the values, and marks where anomalies begin, each over the
// former.
type course struct {
	samples []sample
	colour  palette
}

// Plot implements plot.Plotter.
func (k *course) Plot(c draw.Canvas, p *plot.Plot) {
	if len(k.samples) == 0 {
		return
	}
	x, y := p.Transforms(&c)
	within := func(v float64) vg.Length { return y(min(max(v, p.Y.Min), p.Y.Max)) }
	column := func(at float64) int { return int(x(at) / pixel) }
	pieces := parts(k.samples, breaks(k.samples))
	for i, part := range pieces {
		pieces[i] = thin(part, column)
	}
	k.lasting(c, x)
	for _, part := range pieces {
		k.band(c, part, x, within)
		k.line(c, part, x, within, draw.LineStyle{Color: k.colour.expected, Width: 1 * pixel}, func(s sample) float64 { return s.expected })
	}
	for _, part := range pieces {
		k.line(c, part, x, within, draw.LineStyle{Color: k.colour.value, Width: 1.2 * pixel}, func(s sample) float64 { return s.value })
	}
	k.marks(c, x, within)
}

// lasting shades the time while anomalies last.
func (k *course) lasting(c draw.Canvas, x func(float64) vg.Length) {
	for i := 0; i < len(k.samples); i++ {
		if !k.samples[i].lasts {
			continue
		}
		from := i
		for i+1 < len(k.samples) && k.samples[i+1].lasts {
			i++
		}
		left, right := x(k.samples[from].at), x(k.samples[i].at)
		right = max(right, left+2*pixel)
		c.FillPolygon(k.colour.lasting, c.ClipPolygonX([]vg.Point{{X: left, Y: c.Min.Y}, {X: right, Y: c.Min.Y}, {X: right, Y: c.Max.Y}, {X: left, Y: c.Max.Y}}))
	}
}

// band fills what is ordinary, in pieces where it is known.
func (k *course) band(c draw.Canvas, part []sample, x, y func(float64) vg.Length) {
	var upper, lower []vg.Point
	end := func() {
		slices.Reverse(lower)
		if len(upper) > 1 {
			c.FillPolygon(k.colour.band, append(upper, lower...))
		}
		upper, lower = nil, nil
	}
	for _, s := range part {
		if math.IsNaN(s.lower) || math.IsNaN(s.upper) {
			end()
			continue
		}
		upper = append(upper, vg.Point{X: x(s.at), Y: y(s.upper)})
		lower = append(lower, vg.Point{X: x(s.at), Y: y(s.lower)})
	}
	end()
}

// line draws one figure of the samples, in pieces where it is known. A piece
// of one point is a dot. Long pieces are drawn in short ones, since what draws
// PNG takes the square of their length.
func (k *course) line(c draw.Canvas, part []sample, x, y func(float64) vg.Length, style draw.LineStyle, of func(sample) float64) {
	const longest = 32
	var points []vg.Point
	end := func() {
		if len(points) == 1 {
			c.DrawGlyph(draw.GlyphStyle{Color: style.Color, Radius: style.Width, Shape: draw.CircleGlyph{}}, points[0])
		}
		c.StrokeLines(style, points)
		points = nil
	}
	for _, s := range part {
		if math.IsNaN(of(s)) {
			end()
			continue
		}
		points = append(points, vg.Point{X: x(s.at), Y: y(of(s))})
		if len(points) == longest {
			c.StrokeLines(style, points)
			points = append(points[:0], points[longest-1])
		}
	}
	end()
}

// marks puts a dot where an anomaly begins; one for those of the same pixel.
func (k *course) marks(c draw.Canvas, x, y func(float64) vg.Length) {
	type place struct{ x, y int }
	drawn := map[place]bool{}
	for _, s := range k.samples {
		if !s.begins {
			continue
		}
		at := vg.Point{X: x(s.at), Y: y(s.value)}
		spot := place{int(at.X / pixel), int(at.Y / pixel)}
		if !drawn[spot] {
			drawn[spot] = true
			c.DrawGlyphNoClip(markStyle(k.colour), at)
		}
	}
}

func markStyle(colour palette) draw.GlyphStyle {
	return draw.GlyphStyle{Color: colour.anomaly, Radius: 3.5 * pixel, Shape: draw.CircleGlyph{}}
}
