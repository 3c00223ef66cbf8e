package preview

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
)

// A unit of the dashboard's grid, on paper.
const (
	unitWidth  = 52 * vg.Length(1)
	unitHeight = 32 * vg.Length(1)
	padding    = 8 * vg.Length(1)
)

var (
	ink     = color.RGBA{R: 0x1b, G: 0x27, B: 0x33, A: 0xff}
	faint   = color.RGBA{R: 0xdd, G: 0xe2, B: 0xe8, A: 0xff}
	alarm   = color.RGBA{R: 0xa8, G: 0x23, B: 0x1b, A: 0xff}
	good    = color.RGBA{R: 0x17, G: 0x69, B: 0x3f, A: 0xff}
	colours = []color.Color{
		color.RGBA{R: 0x1f, G: 0x77, B: 0xb4, A: 0xff}, color.RGBA{R: 0xd9, G: 0x6b, A: 0xff}, color.RGBA{R: 0x2c, G: 0x8a, B: 0x2c, A: 0xff},
		color.RGBA{R: 0xc0, G: 0x27, B: 0x28, A: 0xff}, color.RGBA{R: 0x7a, G: 0x4f, B: 0xb5, A: 0xff}, color.RGBA{R: 0x8c, G: 0x56, B: 0x4b, A: 0xff},
		color.RGBA{R: 0xc4, G: 0x4f, B: 0x9e, A: 0xff},
	}
)

// Run is what a dashboard shows: metrics from one time on until before another, and for
// how long each alarm was in ALARM; an alarm that is not in it was never.
type Run struct {
	Metrics     *cloudwatch.Store
	From, Until time.Time
	Alarmed     map[string]time.Duration
	Alarms      bool // they were evaluated
}

// Draw writes the dashboard as SVG.
func Draw(out io.Writer, widgets []Widget, run Run) error {
	rows := 0
	for _, w := range widgets {
		rows = max(rows, w.Y+w.Height)
	}
	width, height := 24*unitWidth, vg.Length(rows)*unitHeight
	canvas := vgsvg.New(width, height)
	whole := draw.New(canvas)
	canvas.SetColor(color.White)
	canvas.Fill(whole.Rectangle.Path())
	for _, w := range widgets {
		part := draw.Crop(whole, vg.Length(w.X)*unitWidth+padding, vg.Length(w.X+w.Width)*unitWidth-width-padding,
			height-vg.Length(w.Y+w.Height)*unitHeight+padding, -vg.Length(w.Y)*unitHeight-padding/2)
		switch {
		case w.Heading != "":
			write(part, w.Heading, 15, ink, 0)
		case w.Alarms != nil:
			w.drawAlarms(part, run)
		default:
			if err := w.drawGraph(part, run); err != nil {
				return fmt.Errorf("draw %q: %w", w.Title, err)
			}
		}
	}
	_, err := canvas.WriteTo(out)
	return err
}

// write puts a line of text below the top of a canvas.
func write(c draw.Canvas, line string, size vg.Length, in color.Color, below vg.Length) {
	style := draw.TextStyle{Color: in, Font: plot.DefaultFont, Handler: plot.DefaultTextHandler, YAlign: text.YTop}
	style.Font.Size = size
	c.FillText(style, vg.Point{X: c.Min.X, Y: c.Max.Y - below}, line)
}

// drawAlarms writes the alarms in columns, those that were in ALARM in red.
func (w Widget) drawAlarms(c draw.Canvas, run Run) {
	const columns, line = 3, 15
	write(c, w.Title, 12, ink, 0)
	perColumn := (len(w.Alarms) + columns - 1) / columns
	for i, name := range w.Alarms {
		cell := draw.Crop(c, vg.Length(i/perColumn)*(c.Max.X-c.Min.X)/columns, 0, 0, 0)
		in, words := good, name+": OK"
		if !run.Alarms {
			in, words = ink, name
		} else if took := run.Alarmed[name]; took > 0 {
			in, words = alarm, fmt.Sprintf("%s: ALARM for %s", name, took)
		}
		write(cell, words, 9, in, vg.Length(22+line*(i%perColumn)))
	}
}

func (w Widget) drawGraph(c draw.Canvas, run Run) error {
	series, err := cloudwatch.Series(run.Metrics, w.queries, w.Period, run.From, run.Until)
	if err != nil {
		return err
	}
	p := plot.New()
	p.Title.Text, p.Title.TextStyle.Font.Size, p.Title.TextStyle.Color = w.Title, 12, ink
	p.X.Tick.Marker = plot.TimeTicks{Format: "15:04", Time: plot.UTCUnixTime}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = float64(run.From.Unix()), float64(run.Until.Unix()), 0, 1
	p.Y.Tick.Marker = short{}
	p.Legend.TextStyle.Font.Size, p.Legend.Top = 8, true
	grid := plotter.NewGrid()
	grid.Vertical.Width, grid.Horizontal.Color = 0, faint
	p.Add(grid)
	for i, points := range w.points(series, run.From) {
		line := &plotter.Line{XYs: points, LineStyle: draw.LineStyle{Color: colours[i%len(colours)], Width: 1.2}}
		if len(points) == 0 {
			p.Legend.Add(w.Lines[i].Label+" (no data)", line)
			continue
		}
		p.Add(line)
		p.Legend.Add(w.Lines[i].Label, line)
	}
	for _, m := range w.Marks {
		line := &plotter.Line{XYs: plotter.XYs{{X: p.X.Min, Y: m.Value}, {X: p.X.Max, Y: m.Value}}, LineStyle: draw.LineStyle{Color: alarm, Width: 1, Dashes: []vg.Length{4, 3}}}
		p.Add(line)
		p.Legend.Add(m.Label, line)
	}
	p.Y.Min, p.Y.Max = 0, math.Max(p.Y.Max, 1)*(1.15+0.09*float64(len(w.Lines)+len(w.Marks))) // room for the legend
	p.Draw(c)
	return nil
}

// points makes points of series, each above the one before where they are stacked. Missing
// ones are left out, as CloudWatch does.
func (w Widget) points(series [][]float64, from time.Time) []plotter.XYs {
	out := make([]plotter.XYs, len(series))
	below := map[int]float64{}
	for i, values := range series {
		for n, v := range values {
			if math.IsNaN(v) {
				continue
			}
			if w.Stacked {
				below[n] += v
				v = below[n]
			}
			out[i] = append(out[i], plotter.XY{X: float64(from.Add(time.Duration(n) * w.Period).Unix()), Y: v})
		}
	}
	return out
}

// short are ticks with few digits.
type short struct{}

// Ticks returns the ticks of an axis.
func (short) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i, t := range ticks {
		if t.IsMinor() {
			continue
		}
		value, unit := t.Value, ""
		for _, u := range []string{"k", "M", "G"} {
			if math.Abs(value) >= 1000 {
				value, unit = value/1000, u
			}
		}
		ticks[i].Label = strconv.FormatFloat(value, 'g', 4, 64) + unit
	}
	return ticks
}
