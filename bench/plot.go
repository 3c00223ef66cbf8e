package bench

import (
	"errors"
	"fmt"
	"image/color"
	"os"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

var colours = []color.Color{
	color.RGBA{R: 0x1f, G: 0x77, B: 0xb4, A: 0xff}, color.RGBA{R: 0xff, G: 0x7f, B: 0x0e, A: 0xff},
	color.RGBA{R: 0x9a, G: 0x9a, B: 0x9a, A: 0xff}, color.RGBA{R: 0x2c, G: 0xa0, B: 0x2c, A: 0xff},
}

const (
	plotWidth  = 9 * vg.Inch
	plotHeight = 4.5 * vg.Inch
	barWidth   = 18
	legendRoom = 1.3 // above the highest bar
)

// Plot draws the medians of the results as bars, one group a setting, into a PNG.
func Plot(path, title string, results []Result) error {
	panel := Panel{Title: title, Groups: "connections × events in a batch"}
	for _, r := range results {
		panel.Lines = append(panel.Lines, Line{Labels: []string{fmt.Sprintf("%d × %d", r.Setting.Lanes, r.Setting.Batch)}, Rates: r.Rates})
	}
	return PlotPanels(path, []Panel{panel})
}

// Panel is a part of a picture with a scale of its own: events per second, one group of
// bars for each line, named by its first label.
type Panel struct {
	Title  string
	Groups string // what the groups are
	Lines  []Line
}

// PlotPanels draws panels side by side into a PNG. All have the same contenders.
func PlotPanels(path string, panels []Panel) (err error) {
	var drawn []*plot.Plot
	for i, panel := range panels {
		p, err := panel.draw(i == 0)
		if err != nil {
			return fmt.Errorf("plot %s: %w", path, err)
		}
		drawn = append(drawn, p)
	}
	canvas := vgimg.New(plotWidth, plotHeight)
	tiles := draw.Tiles{Rows: 1, Cols: len(drawn), PadX: vg.Points(12), PadRight: vg.Points(6)}
	for i, c := range plot.Align([][]*plot.Plot{drawn}, tiles, draw.New(canvas))[0] {
		drawn[i].Draw(c)
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := (vgimg.PngCanvas{Canvas: canvas}).WriteTo(file); err != nil {
		return fmt.Errorf("plot %s: %w", path, err)
	}
	return nil
}

func (panel Panel) draw(legend bool) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = panel.Title
	p.Y.Label.Text = "events/s, median"
	p.Y.Tick.Marker = whole{}
	p.Legend.Top, p.Legend.Left = true, true
	var groups []string
	for _, r := range panel.Lines {
		groups = append(groups, r.Labels[0])
	}
	contenders := panel.Lines[0].Rates
	for i, c := range contenders {
		var medians plotter.Values
		for _, r := range panel.Lines {
			medians = append(medians, r.Rates[i].Median())
		}
		bars, err := plotter.NewBarChart(medians, vg.Points(barWidth))
		if err != nil {
			return nil, err
		}
		bars.LineStyle.Width = 0
		bars.Color = colours[i%len(colours)]
		bars.Offset = vg.Points(barWidth * (float64(i) - float64(len(contenders)-1)/2))
		p.Add(bars)
		if legend {
			p.Legend.Add(c.Contender, bars)
		}
	}
	p.NominalX(groups...)
	p.X.Label.Text = panel.Groups
	p.X.Min, p.X.Max = -0.5, float64(len(groups))-0.5
	p.Y.Min, p.Y.Max = 0, p.Y.Max*legendRoom
	return p, nil
}

// whole are ticks at whole numbers.
type whole struct{}

// Ticks returns the ticks of an axis.
func (whole) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i, t := range ticks {
		if !t.IsMinor() {
			ticks[i].Label = strconv.FormatFloat(t.Value, 'f', 0, 64)
		}
	}
	return ticks
}
