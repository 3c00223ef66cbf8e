package stage

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// changes are values by their path, such as queue.batch_size. One that is gone is
// left out of the file.
type changes map[string]any

type gone struct{}

// edited returns the stage's file with the changes made.
func edited(t *testing.T, name string, c changes) []byte {
	t.Helper()
	raw, err := files.ReadFile(name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]any{}
	if err := yaml.Unmarshal(raw, &settings); err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(c)) {
		parts := strings.Split(path, ".")
		in := settings
		for _, part := range parts[:len(parts)-1] {
			in = in[part].(map[string]any)
		}
		last := parts[len(parts)-1]
		if _, has := in[last]; !has {
			t.Fatalf("%s has no %s", name, path)
		}
		in[last] = c[path]
		if c[path] == (gone{}) {
			delete(in, last)
		}
	}
	if raw, err = yaml.Marshal(settings); err != nil {
		t.Fatal(err)
	}
	return raw
}

// onAurora are the changes that move dev to the smallest cluster of Aurora, and those
// that are given.
func onAurora(c changes) changes {
	all := changes{
		"database.engine": "aurora", "database.instance_class": "", "database.storage_gib": 0, "database.max_storage_gib": 0,
		"database.maximum_acu": 1, "alarms.database_free_storage_gib": 0, "alarms.database_capacity_percent": 90,
	}
	maps.Copy(all, c)
	return all
}

// refused demands that the stage, called x, is refused with these sentences.
func refused(t *testing.T, err error, sentences ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("it is taken; want %q", sentences)
		return
	}
	want := make([]string, len(sentences))
	for i, sentence := range sentences {
		want[i] = "stage x9: " + sentence
	}
	if got := strings.Split(err.Error(), "\n"); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
