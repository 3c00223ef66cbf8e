package diagram

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// Sizes in the picture's own pixels: a README shows it at about that size.
const (
	boxWidth, boxHeight   = 136, 60
	columnPitch, rowPitch = 196, 98 // leave room for the arrows and their words
	margin                = 12
	portGap               = 20 // between arrows at one side of a box
)

// turn is how arrows leave a box for another row and column.
type turn int

const (
	verticalFirst turn = iota
	horizontalFirst
	zigzag // horizontal, vertical, horizontal
)

// place is the cell of a box.
type place struct {
	column, row int
	turn        turn
}

// places is made by hand: boxes are rarely added, and an arrangement that is
// understood at once is hard to compute.
func places() map[string]place {
	return map[string]place{
		"client": {column: 0, row: 0}, "firewall": {column: 0, row: 1}, "API": {0, 2, zigzag},
		"function ingest": {column: 1, row: 1}, "function query": {column: 1, row: 3},
		"queue dlq": {column: 2, row: 0}, "queue events": {column: 2, row: 1}, "bucket payloads": {column: 2, row: 2},
		"function processor": {column: 3, row: 1}, "proxy": {column: 3, row: 3},
		"topic notifications": {column: 4, row: 1}, "secret": {column: 4, row: 2}, "database": {column: 4, row: 3},
		"alarms": {column: 0, row: 4}, "topic alarms": {column: 1, row: 4},
		"schedule": {column: 2, row: 4}, "function maintain": {3, 4, horizontalFirst},
		"deployment": {column: 2, row: 5}, "function migrate": {3, 5, horizontalFirst},
	}
}

type point struct{ X, Y int }

// drawing is a graph with coordinates, as the template of the SVG wants it.
type drawing struct {
	Stage         string
	Mode          Mode
	Width, Height int
	Boxes         []box
	Arrows        []arrow

	graph graph
	cells map[string]place
}

// box is a node with its upper left corner.
type box struct {
	point
	node
	Width, Height int
}

type arrow struct {
	edge
	Path   string
	Word   point
	Anchor string // of the word: middle or start
}

// arrange gives every box its place and every arrow its way. Returns an error for
// boxes without a place.
func arrange(g graph) (*drawing, error) {
	d := &drawing{graph: g, cells: places()}
	var errs []error
	for _, n := range g.nodes {
		if _, known := d.cells[n.ID]; !known {
			errs = append(errs, fmt.Errorf("the box %q has no place: give it one in places, in cdk/diagram/layout.go", n.ID))
		}
		at := d.corner(n.ID)
		d.Boxes = append(d.Boxes, box{at, n, boxWidth, boxHeight})
		d.Width, d.Height = max(d.Width, at.X+boxWidth+margin), max(d.Height, at.Y+boxHeight+margin)
	}
	for i := range g.edges {
		d.Arrows = append(d.Arrows, d.route(i))
	}
	return d, errors.Join(errs...)
}

func (d *drawing) corner(id string) point {
	return point{margin + d.cells[id].column*columnPitch, margin + d.cells[id].row*rowPitch}
}

// sides returns the sides at which an arrow leaves and arrives, each as the
// direction away from the box.
func (d *drawing) sides(e edge) (point, point) {
	from, to := d.cells[e.from], d.cells[e.to]
	across, down := cmp.Compare(to.column, from.column), cmp.Compare(to.row, from.row)
	switch {
	case down == 0 || across != 0 && from.turn == zigzag:
		return point{across, 0}, point{-across, 0}
	case across == 0:
		return point{0, down}, point{0, -down}
	case from.turn == horizontalFirst:
		return point{across, 0}, point{0, -down}
	}
	return point{0, down}, point{-across, 0}
}

// port is where an arrow touches a box, and its distance from the middle of the
// side. Arrows at one side keep the order of the boxes at their other ends, so that
// they do not cross.
func (d *drawing) port(i int, id, other string, side point) (point, int) {
	order := func(id string) int { return d.cells[id].row*side.X*side.X + d.cells[id].column*side.Y*side.Y }
	var before, all int
	for j, e := range d.graph.edges {
		out, in := d.sides(e)
		far := e.to
		if e.to == id && in == side {
			far = e.from
		} else if e.from != id || out != side {
			continue
		}
		all++
		if order(far) < order(other) || order(far) == order(other) && j < i {
			before++
		}
	}
	offset := portGap*before - portGap*(all-1)/2
	at := d.corner(id)
	at.X += boxWidth/2 + side.X*boxWidth/2 + side.Y*side.Y*offset
	at.Y += boxHeight/2 + side.Y*boxHeight/2 + side.X*side.X*offset
	return at, offset
}

// route draws the way of an arrow. Its word stands over a horizontal part, or under
// it when another arrow is above, and else to the right of a vertical part.
func (d *drawing) route(i int) arrow {
	e := d.graph.edges[i]
	out, in := d.sides(e)
	start, _ := d.port(i, e.from, e.to, out) // the word keeps clear of the arrows at the other end
	end, offset := d.port(i, e.to, e.from, in)
	var way []point
	part := 0 // that has the word
	switch {
	case out.X == 0 && in.X == 0:
		way = []point{start, {start.X, end.Y}}
	case out.X == 0:
		way, part = []point{start, {start.X, end.Y}, end}, 1
	case in.X == 0:
		way = []point{start, {end.X, start.Y}, end}
	case d.cells[e.from].row == d.cells[e.to].row:
		way = []point{start, {end.X, start.Y}}
	default:
		middle := (start.X + end.X) / 2
		way, part = []point{start, {middle, start.Y}, {middle, end.Y}, end}, 1
	}
	var path strings.Builder
	for i, p := range way {
		fmt.Fprintf(&path, "%c%d %d", "ML"[min(i, 1)], p.X, p.Y)
	}
	from, to := way[part], way[part+1]
	word, anchor := point{(from.X + to.X) / 2, from.Y - 7}, "middle"
	if offset > 0 {
		word.Y = from.Y + 16
	}
	if from.X == to.X {
		word, anchor = point{from.X + 7, (from.Y+to.Y)/2 + 4}, "start"
	}
	return arrow{e, path.String(), word, anchor}
}
