package bench

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

var colours = []color.Color{
	color.RGBA{R: 0x1f, G: 0x77, B: 0xb4, A: 0xff}, color.RGBA{R: 0xff, G: 0x7f, B: 0x0e, A: 0xff},
	color.RGBA{R: 0x9a, G: 0x9a, B: 0x9a, A: 0xff}, color.RGBA{R: 0x2c, G: 0xa0, B: 0x2c, A: 0xff},
}

// Plot draws the medians of the results as bars, one group a setting, into a PNG.
func Plot(path, title string, results []Result) error {
	p := plot.New()
	p.Title.Text = title
	p.Y.Label.Text = "events/s, median"
	p.Y.Min = 0
	p.Legend.Top, p.Legend.Left = true, true
	const width = 18
	var groups []string
	for _, r := range results {
		groups = append(groups, fmt.Sprintf("%d × %d", r.Setting.Lanes, r.Setting.Batch))
	}
	contenders := results[0].Rates
	for i, c := range contenders {
		var medians plotter.Values
		for _, r := range results {
			medians = append(medians, r.Rates[i].Median())
		}
		bars, err := plotter.NewBarChart(medians, vg.Points(width))
		if err != nil {
			return fmt.Errorf("plot %s: %w", path, err)
		}
		bars.LineStyle.Width = 0
		bars.Color = colours[i%len(colours)]
		bars.Offset = vg.Points(width * (float64(i) - float64(len(contenders)-1)/2))
		p.Add(bars)
		p.Legend.Add(c.Contender, bars)
	}
	p.NominalX(groups...)
	p.X.Label.Text = "connections × events in a batch"
	if err := p.Save(9*vg.Inch, 4.5*vg.Inch, path); err != nil {
		return fmt.Errorf("plot %s: %w", path, err)
	}
	return nil
}
