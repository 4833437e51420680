package cli

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawHead draws the title and, to its right, what the colours mean.
func drawHead(c draw.Canvas, title string, colour palette) {
	style := text.Style{Color: colour.text, Font: sans(14 * pixel), XAlign: text.XLeft, YAlign: text.YCenter, Handler: plot.DefaultTextHandler}
	middle := (c.Min.Y + c.Max.Y) / 2
	c.FillText(style, vg.Point{X: c.Min.X, Y: middle}, title)
	left := c.Min.X + style.Width(title)
	style.Font, style.Color = sans(11*pixel), colour.faint
	right := c.Max.X
	for _, entry := range legend(colour) {
		const swatch, gap, apart = 18 * pixel, 6 * pixel, 20 * pixel
		right -= style.Width(entry.text)
		if right-swatch-gap < left+apart {
			return // a narrow drawing has no room for all
		}
		c.FillText(style, vg.Point{X: right, Y: middle}, entry.text)
		right -= swatch + gap
		entry.draw(c, vg.Rectangle{Min: vg.Point{X: right, Y: middle - 5*pixel}, Max: vg.Point{X: right + swatch, Y: middle + 5*pixel}})
		right -= apart
	}
}

// legendEntry is a colour with its meaning.
type legendEntry struct {
	text string
	draw func(c draw.Canvas, in vg.Rectangle)
}

// legend has the entries from the right to the left.
func legend(colour palette) []legendEntry {
	box := func(of color.Color) func(draw.Canvas, vg.Rectangle) {
		return func(c draw.Canvas, in vg.Rectangle) {
			c.FillPolygon(of, []vg.Point{in.Min, {X: in.Max.X, Y: in.Min.Y}, in.Max, {X: in.Min.X, Y: in.Max.Y}})
		}
	}
	line := func(of color.Color) func(draw.Canvas, vg.Rectangle) {
		return func(c draw.Canvas, in vg.Rectangle) {
			y := (in.Min.Y + in.Max.Y) / 2
			c.StrokeLine2(draw.LineStyle{Color: of, Width: 1.5 * pixel}, in.Min.X, y, in.Max.X, y)
		}
	}
	mark := func(c draw.Canvas, in vg.Rectangle) {
		c.DrawGlyphNoClip(markStyle(colour), vg.Point{X: in.Max.X - 5*pixel, Y: (in.Min.Y + in.Max.Y) / 2})
	}
	return []legendEntry{
		{"while it lasts", box(colour.lasting)}, {"anomaly", mark}, {"ordinary", box(colour.band)}, {"expected", line(colour.expected)}, {"value", line(colour.value)},
	}
}
