// Package diagram draws a stage as an SVG. Its boxes are resources of the
// synthesized templates, its arrows the references, mappings and grants between
// them; only where a box stands is decided here.
package diagram

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"slices"

	cloudformation "github.com/fluxa/fluxa/cdk/template"
)

//go:embed diagram.svg.tmpl
var source string

// Mode is the page that a picture is for.
type Mode string

// The modes.
const (
	Light Mode = "light"
	Dark  Mode = "dark"
)

// File is the name of the picture for a mode, in the folder docs.
func (m Mode) File() string { return "diagram-" + string(m) + ".svg" }

// Stage is the stage that is drawn: the one with every part.
const Stage = "prod"

// Draw returns the SVG of Stage, the same bytes for the same templates. Returns an
// error when Stage is not among the stages, or the layout has no place for a box.
func Draw(stages []*cloudformation.Stage, mode Mode) ([]byte, error) {
	i := slices.IndexFunc(stages, func(s *cloudformation.Stage) bool { return s.Name == Stage })
	if i < 0 {
		return nil, fmt.Errorf("the stage to draw, %s, is not there: synthesize all stages", Stage)
	}
	d, err := arrange(derive(stages[i]))
	if err != nil {
		return nil, err
	}
	d.Stage, d.Mode = Stage, mode
	t, err := template.New("diagram").Parse(source)
	if err != nil {
		return nil, fmt.Errorf("parse the template of the diagram: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, d); err != nil {
		return nil, fmt.Errorf("draw stage %s: %w", Stage, err)
	}
	return out.Bytes(), nil
}
