package chaos

import (
	"errors"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/fluxa/fluxa/proof/rig"
)

const (
	columns, rows = 3, 4
	tileWidth     = 3.6 * vg.Inch
	tileHeight    = 2.4 * vg.Inch
)

var (
	acceptedColour = color.RGBA{R: 0x1f, G: 0x77, B: 0xb4, A: 0xff}
	storedColour   = color.RGBA{R: 0x2c, G: 0xa0, B: 0x2c, A: 0xff}
	waitingColour  = color.RGBA{R: 0xff, G: 0x7f, B: 0x0e, A: 0xff}
	faultColour    = color.NRGBA{R: 0xd6, G: 0x27, B: 0x28, A: 0x40}
)

// plotAll draws the records, a dozen a picture, and returns the pictures' names.
func plotAll(folder, name string, records []Record) ([]string, error) {
	var names []string
	for len(records) > 0 {
		page := records[:min(len(records), columns*rows)]
		records = records[len(page):]
		file := fmt.Sprintf("%s-%d.png", name, len(names)+1)
		if err := plotPage(filepath.Join(folder, file), page); err != nil {
			return nil, fmt.Errorf("plot %s: %w", file, err)
		}
		names = append(names, file)
	}
	return names, nil
}

func plotPage(path string, page []Record) (err error) {
	height := (len(page) + columns - 1) / columns
	tiles := make([][]*plot.Plot, height)
	for i := range tiles {
		tiles[i] = make([]*plot.Plot, columns)
	}
	for i, record := range page {
		if tiles[i/columns][i%columns], err = record.plot(i == 0); err != nil {
			return err
		}
	}
	canvas := vgimg.New(columns*tileWidth, vg.Length(height)*tileHeight)
	layout := draw.Tiles{Rows: height, Cols: columns, PadX: vg.Points(10), PadY: vg.Points(10), PadRight: vg.Points(8), PadTop: vg.Points(4)}
	for y, line := range plot.Align(tiles, layout, draw.New(canvas)) {
		for x, c := range line {
			if tiles[y][x] != nil {
				tiles[y][x].Draw(c)
			}
		}
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = vgimg.PngCanvas{Canvas: canvas}.WriteTo(file)
	return err
}

// plot draws one record: lines over seconds, and the time of the fault shaded.
func (r Record) plot(legend bool) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = r.Scenario
	p.X.Label.Text = "s"
	p.Legend.Top, p.Legend.Left = true, true
	top := 1.0
	for _, s := range r.Samples {
		top = max(top, float64(s.Accepted), float64(s.Stored), float64(s.Waiting()))
	}
	begin, end := r.Broken.Seconds(), max(r.Mended.Seconds(), r.Broken.Seconds()+0.3)
	shade, err := plotter.NewPolygon(plotter.XYs{{X: begin, Y: 0}, {X: end, Y: 0}, {X: end, Y: top}, {X: begin, Y: top}})
	if err != nil {
		return nil, err
	}
	shade.Color, shade.LineStyle.Width = faultColour, 0
	p.Add(shade)
	for _, line := range []struct {
		name   string
		colour color.Color
		value  func(rig.Sample) int
	}{
		{"accepted", acceptedColour, func(s rig.Sample) int { return s.Accepted }},
		{"stored", storedColour, func(s rig.Sample) int { return s.Stored }},
		{"waiting", waitingColour, rig.Sample.Waiting},
	} {
		var points plotter.XYs
		for _, s := range r.Samples {
			if v := line.value(s); v != rig.Unknown {
				points = append(points, plotter.XY{X: s.At.Sub(r.Begun).Seconds(), Y: float64(v)})
			}
		}
		if len(points) == 0 {
			continue
		}
		drawn, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		drawn.Color, drawn.Width = line.colour, vg.Points(1.2)
		p.Add(drawn)
		if legend {
			p.Legend.Add(line.name, drawn)
		}
	}
	p.Y.Min, p.Y.Max = 0, top*1.05
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.TickerFunc(wholeTicks), plot.TickerFunc(wholeTicks)
	return p, nil
}

// wholeTicks are ticks at whole numbers.
func wholeTicks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	for i, t := range ticks {
		if !t.IsMinor() {
			ticks[i].Label = strconv.FormatFloat(t.Value, 'f', 0, 64)
		}
	}
	return ticks
}
