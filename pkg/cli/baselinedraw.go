package cli

import (
	"image/color"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The formats of drawings, as their files' names end.
const (
	formatSVG = "svg"
	formatPNG = "png"
)

const (
	pixelsPerInch = 96
	pixel         = vg.Inch / pixelsPerInch
)

// sample is a row as it is drawn. Bounds that are not known are NaN.
type sample struct {
	at                            float64 // seconds since 1970
	value, expected, lower, upper float64
	begins                        bool // an anomaly worth telling begins
	lasts                         bool // an anomaly lasts
}

// drawing is a metric with its verdicts.
type drawing struct {
	title         string
	width, height int // pixels
	samples       []sample
	begun         int // anomalies
}

// palette has the colours of a drawing, which people who see few colours can
// tell apart.
type palette struct{ value, expected, band, anomaly, lasting, text, faint, grid color.Color }

func colours() palette {
	return palette{
		value:    color.NRGBA{R: 0x1f, G: 0x2d, B: 0x3d, A: 0xff},
		expected: color.NRGBA{R: 0x1f, G: 0x77, B: 0xb4, A: 0xff},
		band:     color.NRGBA{R: 0x1f, G: 0x77, B: 0xb4, A: 0x2e},
		anomaly:  color.NRGBA{R: 0xd6, G: 0x27, B: 0x28, A: 0xff},
		lasting:  color.NRGBA{R: 0xd6, G: 0x27, B: 0x28, A: 0x22},
		text:     color.NRGBA{R: 0x22, G: 0x22, B: 0x22, A: 0xff},
		faint:    color.NRGBA{R: 0x66, G: 0x66, B: 0x66, A: 0xff},
		grid:     color.NRGBA{R: 0xe6, G: 0xe8, B: 0xeb, A: 0xff},
	}
}

// draw writes the drawing.
func (d *drawing) draw(w io.Writer, format string) error {
	width, height := vg.Length(d.width)*pixel, vg.Length(d.height)*pixel
	var canvas vg.CanvasWriterTo
	if format == formatPNG {
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(pixelsPerInch), vgimg.UseBackgroundColor(color.White))}
	} else {
		canvas = vgsvg.New(width, height)
	}
	d.drawOn(draw.NewCanvas(canvas, width, height))
	_, err := canvas.WriteTo(w)
	return err
}

func (d *drawing) drawOn(c draw.Canvas) {
	const margin, head = 12 * pixel, 30 * pixel
	colour := colours()
	c.FillPolygon(color.White, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
	inside := draw.Crop(c, margin, -margin, margin, -margin)
	// Rows may stand in any order; the clock does not.
	slices.SortStableFunc(d.samples, func(a, b sample) int {
		if a.at < b.at {
			return -1
		}
		if a.at > b.at {
			return 1
		}
		return 0
	})
	drawHead(draw.Crop(inside, 0, 0, inside.Max.Y-inside.Min.Y-head, 0), d.title, colour)
	p := d.plot(colour, inside.Max.X-inside.Min.X)
	p.Draw(draw.Crop(inside, 0, 0, 0, -head))
}

// plot makes the axes, the grid and what lies between them.
func (d *drawing) plot(colour palette, width vg.Length) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = colour.grid, colour.grid
	p.Add(grid)
	from, to := d.times()
	p.X.Min, p.X.Max = from, to
	p.Y.Min, p.Y.Max = d.values()
	p.X.Tick.Marker = timeTicks{most: max(2, int(width/(85*pixel)))}
	p.Y.Tick.Marker = valueTicks{}
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = colour.faint, colour.faint
		axis.Tick.Label.Font = sans(11 * pixel)
		axis.Tick.Label.Color = colour.faint
		axis.Padding = 0
	}
	p.Add(&course{samples: d.samples, colour: colour})
	return p
}

func (d *drawing) times() (from, to float64) {
	if len(d.samples) == 0 {
		return 0, 1
	}
	from, to = d.samples[0].at, d.samples[len(d.samples)-1].at
	if from == to {
		return from - 1, to + 1
	}
	return from, to
}

// values is what the upright axis shows: all values with some room. A band
// that is far wider is cut.
func (d *drawing) values() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range d.samples {
		if !math.IsNaN(s.value) {
			low, high = min(low, s.value), max(high, s.value)
		}
	}
	switch room := 0.08 * (high - low); {
	case low > high:
		return 0, 1
	case room > 0:
		return low - room, high + room
	}
	return low - max(1, math.Abs(low)/10), high + max(1, math.Abs(high)/10)
}
