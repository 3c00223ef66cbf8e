package diagram

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/cdk/template"
)

var update = flag.Bool("update", false, "write the pictures")

// golden reads a stage from the reviewed templates of cdk/stack: a test there
// demands that synthesis gives these.
func golden(t *testing.T, name string) *template.Stage {
	t.Helper()
	return prefixed(t, name, "")
}

// prefixed reads a stage as it is with a prefix of its names.
func prefixed(t *testing.T, name, prefix string) *template.Stage {
	t.Helper()
	var stacks []*template.Stack
	for _, stack := range []string{"Network", "Data", "Pipeline", "Observability"} {
		raw, err := os.ReadFile("../stack/testdata/" + name + "-" + strings.ToLower(stack) + ".template.json")
		if err != nil {
			t.Fatal(err)
		}
		s := &template.Stack{Name: stack, StackName: prefix + "fluxa-" + strings.ToLower(stack) + "-" + name}
		if err := s.Decode(bytes.ReplaceAll(raw, []byte("fluxa-"), []byte(prefix+"fluxa-"))); err != nil {
			t.Fatal(err)
		}
		stacks = append(stacks, s)
	}
	stage, err := template.NewStage(name, stacks...)
	if err != nil {
		t.Fatal(err)
	}
	return stage
}

func TestDraw_leaves_out_a_prefix_of_the_names(t *testing.T) {
	want, err := Draw([]*template.Stage{golden(t, Stage)}, Light)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Draw([]*template.Stage{prefixed(t, Stage, "acme-")}, Light)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("-without +with a prefix\n%s", diff)
	}
}

func TestDraw_gives_the_pictures_in_docs(t *testing.T) {
	stages := []*template.Stage{golden(t, Stage)}
	for _, mode := range []Mode{Light, Dark} {
		got, err := Draw(stages, mode)
		if err != nil {
			t.Fatal(err)
		}
		path := "../../docs/" + mode.File()
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is stale, run make diagram: (-committed +templates)\n%s", path, diff)
		}
	}
}

func TestDerive_finds_the_way_of_an_event(t *testing.T) {
	common := []string{
		"API -GET-> function query", "API -POST-> function ingest", "alarms -ring-> topic alarms",
		"database -rotates-> secret", "deployment -runs-> function migrate",
		"function ingest -put-> bucket payloads", "function ingest -send-> queue events",
		"function maintain -SQL-> database", "function migrate -SQL-> database", "function processor -get-> bucket payloads",
		"function processor -publish-> topic notifications", "function processor -send-> queue dlq",
		"function query -get-> bucket payloads", "queue events -after 1000 receives-> queue dlq",
		"queue events -batches-> function processor", "schedule -runs-> function maintain",
	}
	for name, own := range map[string][]string{
		"dev": {"client -HTTPS-> API", "function processor -SQL-> database", "function query -SQL-> database"},
		"prod": {"client -HTTPS-> firewall", "firewall --> API", "function processor -SQL-> proxy",
			"function query -SQL-> proxy", "proxy -SQL-> database"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, e := range derive(golden(t, name)).edges {
				got = append(got, fmt.Sprintf("%s -%s-> %s", e.from, e.Label, e.to))
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(append(own, common...)))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestArrange_keeps_boxes_texts_and_arrows_apart(t *testing.T) {
	for _, name := range []string{"dev", "prod"} {
		d, err := arrange(derive(golden(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[point]string{}
		for _, b := range d.Boxes {
			if other := seen[b.point]; other != "" {
				t.Errorf("%s: %s is drawn over %s", name, b.ID, other)
			}
			seen[b.point] = b.ID
			for text, wide := range map[string]int{b.Title: 9, b.Service: 7, b.Detail: 7} {
				if n := wide * len(text); n > boxWidth {
					t.Errorf("%s: %q needs %d pixels, a box has %d", name, text, n, boxWidth)
				}
			}
			for _, a := range d.Arrows {
				if a.from != b.ID && a.to != b.ID && crosses(a, b) {
					t.Errorf("%s: the arrow from %s to %s crosses %s", name, a.from, a.to, b.ID)
				}
			}
		}
	}
}

// crosses says whether a part of the arrow, each of which is level or upright,
// meets the box.
func crosses(a arrow, b box) bool {
	var way []point
	for _, part := range strings.FieldsFunc(a.Path, func(r rune) bool { return r == 'M' || r == 'L' }) {
		var p point
		if _, err := fmt.Sscanf(part, "%d %d", &p.X, &p.Y); err != nil {
			panic(err)
		}
		way = append(way, p)
	}
	for i := range way[1:] {
		p, q := way[i], way[i+1]
		if max(p.X, q.X) >= b.X && min(p.X, q.X) <= b.X+boxWidth && max(p.Y, q.Y) >= b.Y && min(p.Y, q.Y) <= b.Y+boxHeight {
			return true
		}
	}
	return false
}

func TestDraw_names_what_it_cannot_draw(t *testing.T) {
	prod := golden(t, Stage)
	if _, err := Draw([]*template.Stage{golden(t, "dev")}, Light); err == nil || !strings.Contains(err.Error(), "prod") {
		t.Errorf("without the stage: %v", err)
	}
	for _, r := range prod.All("AWS::SNS::Topic") {
		r.Properties["TopicName"] = "fluxa-another-prod"
	}
	_, err := Draw([]*template.Stage{prod}, Light)
	if err == nil || !strings.Contains(err.Error(), `"topic another" has no place`) {
		t.Errorf("with a box of no place: %v", err)
	}
}
