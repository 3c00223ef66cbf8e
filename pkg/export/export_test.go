package export_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/export"
	"github.com/fluxa/fluxa/pkg/fault"
)

func week(t *testing.T) *world {
	t.Helper()
	w := newWorld()
	for i, id := range []string{"a", "b", "c", "d"} {
		w.add(t, 2, id, i+1)
	}
	w.add(t, 1, "a", 7)
	w.add(t, 0, "later", 1)
	w.add(t, 9, "earlier", 1)
	return w
}

const weekly = `week/date=2026-11-28/part-00001.lines: a 1, b 2, c 3, end
week/date=2026-11-28/part-00002.lines: d 4, end
week/date=2026-11-29/part-00001.lines: a 7, end
week/table.sql: fluxa_week s3://payloads/exports/week/ 2026-11-23 2026-11-29
`

func TestExport_writes_the_range_by_day_and_a_manifest_of_all_files(t *testing.T) {
	t.Parallel()
	w := week(t)
	answer, err := call(t, w.service(t), lastWeek, "")
	if err != nil || !answer.Done {
		t.Fatalf("answer %+v, error %v", answer, err)
	}
	if diff := cmp.Diff(weekly, w.contents()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	var got export.Manifest
	if err := json.Unmarshal(w.files["week/manifest.json"], &got, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	want := export.Manifest{
		Format: "ndjson", Complete: true, Events: 5, Range: event.Range{From: noon.Truncate(24*time.Hour).AddDate(0, 0, -7), To: noon.Truncate(24 * time.Hour)},
	}
	for _, f := range []struct {
		path   string
		events int64
	}{{"date=2026-11-28/part-00001.lines", 3}, {"date=2026-11-28/part-00002.lines", 1}, {"date=2026-11-29/part-00001.lines", 1}} {
		file := w.files["week/"+f.path]
		want.Files = append(want.Files, export.Part{Path: f.path, Events: f.events, Bytes: int64(len(file)), SHA256: event.Hash(file)})
		want.Bytes += int64(len(file))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
	report := fmt.Sprintf(`{"bucket":"payloads","folder":"exports/week/","manifest":"manifest.json","events":5,"files":3,"bytes":%d,"unreadable":0}`, want.Bytes)
	if string(answer.Report) != report {
		t.Errorf("report %s, want %s", answer.Report, report)
	}
}

// TestExport_goes_on_wherever_it_was_interrupted fails each call once, in turn, and calls
// again with the token from before: the caller never got a newer one.
func TestExport_goes_on_wherever_it_was_interrupted(t *testing.T) {
	t.Parallel()
	whole := week(t)
	if _, err := call(t, whole.service(t), lastWeek, ""); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for at := 0; ; at++ {
		w, calls, broke := week(t), 0, false
		w.fail = func(string) error {
			if calls++; calls-1 == at {
				broke = true
				return fault.New(fault.StorageUnavailable, "away")
			}
			return nil
		}
		answer, err := call(t, w.service(t), lastWeek, "")
		if !broke {
			break
		}
		failed++
		if fault.CodeOf(err) != fault.StorageUnavailable || answer.Done {
			t.Fatalf("call %d fails: answer %+v, error %v", at, answer, err)
		}
		for _, token := range []string{answer.Token, ""} {
			if answer, err := call(t, w.service(t), lastWeek, token); err != nil || !answer.Done {
				t.Fatalf("after call %d: answer %+v, error %v", at, answer, err)
			}
			if !maps.EqualFunc(whole.files, w.files, func(a, b []byte) bool { return string(a) == string(b) }) {
				t.Errorf("after call %d the files differ:\n%s", at, w.contents())
			}
		}
	}
	if failed < 10 {
		t.Errorf("only %d calls were failed", failed)
	}
}

func TestExport_of_what_is_there_does_nothing_and_keeps_others_out(t *testing.T) {
	t.Parallel()
	w := week(t)
	s := w.service(t)
	first, err := call(t, s, lastWeek, "")
	if err != nil {
		t.Fatal(err)
	}
	written := len(w.writes)
	again, err := call(t, s, lastWeek, "")
	if err != nil || !again.Done || string(again.Report) != string(first.Report) || len(w.writes) != written {
		t.Errorf("again: %+v, report %s, error %v, %d writes more", again, again.Report, err, len(w.writes)-written)
	}
	for name, other := range map[string]string{
		"another range":  strings.Replace(lastWeek, "11-23", "11-24", 1),
		"another format": strings.Replace(lastWeek, "ndjson", "parquet", 1),
		"one user":       strings.Replace(lastWeek, `"to"`, `"user_id":"u","to"`, 1),
		"no client":      strings.Replace(lastWeek, `"to"`, `"client":"","to"`, 1),
	} {
		if _, err := call(t, s, other, ""); fault.CodeOf(err) != fault.InvalidValue || !strings.Contains(fault.ReasonOf(err), "give another name") || len(w.writes) != written {
			t.Errorf("%s under the same name: %v, %d writes more", name, err, len(w.writes)-written)
		}
	}
}

func TestExport_has_large_payloads_and_bounds_a_file_by_its_bytes(t *testing.T) {
	t.Parallel()
	w := newWorld()
	for i := range 9 {
		w.add(t, 1, fmt.Sprint("e", i), 400_000)
	}
	delete(w.payloads, event.ObjectKey(event.Identity{ID: "e1"}, w.events[1].SHA256))
	w.payloads[event.ObjectKey(event.Identity{ID: "e2"}, w.events[2].SHA256)] = []byte("damaged")
	answer, err := call(t, w.service(t, func(c *export.Config) { c.PartEvents = 100 }), lastWeek, "")
	if err != nil || !answer.Done || !strings.Contains(string(answer.Report), `"events":9,`) || !strings.HasSuffix(string(answer.Report), `"unreadable":2}`) {
		t.Errorf("answer %+v, report %s, error %v", answer, answer.Report, err)
	}
	want := `week/date=2026-11-29/part-00001.lines: e0 400000, e1 0, e2 0, e3 400000, e4 400000, end
week/date=2026-11-29/part-00002.lines: e5 400000, e6 400000, e7 400000, end
week/date=2026-11-29/part-00003.lines: e8 400000, end
`
	if got := w.contents(); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestExport_waits_for_a_bucket_that_is_away(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.add(t, 1, "e", contract.InlineLimit+1)
	w.fail = func(call string) error {
		if call == "get" {
			return fault.New(fault.StorageUnavailable, "away")
		}
		return nil
	}
	if _, err := call(t, w.service(t), lastWeek, ""); fault.CodeOf(err) != fault.StorageUnavailable {
		t.Errorf("error %v: an event without its payload was written", err)
	}
}

func TestExport_refuses(t *testing.T) {
	t.Parallel()
	s := newWorld().service(t)
	for arguments, says := range map[string]string{
		strings.Replace(lastWeek, "ndjson", "csv", 1):                                `format is "csv", it must be one of ndjson, parquet`,
		strings.Replace(lastWeek, "week", "", 1):                                     `name is ""`,
		strings.Replace(lastWeek, "week", "../raw", 1):                               `name is "../raw"`,
		strings.Replace(lastWeek, "week", "a//b", 1):                                 `name is "a//b"`,
		strings.Replace(lastWeek, "week", "Week", 1):                                 `name is "Week"`,
		strings.Replace(lastWeek, "week", strings.Repeat("x", 129), 1):               "1 to 128 characters",
		strings.Replace(lastWeek, "week", "daily-parquet", 1):                        "is kept for the daily exports",
		strings.Replace(lastWeek, "2026-11-30T00:00:00Z", "2026-11-30T12:00:00Z", 1): "to must be 1m0s ago or earlier",
		strings.Replace(lastWeek, "{", `{"bucket":"others",`, 1):                     "the stage's own bucket is payloads, and its network reaches no other: export to s3://payloads/exports/week, not into others",
		strings.Replace(lastWeek, "2026-11-23", "2026-11-30", 1):                     "from must be before to",
	} {
		if _, err := call(t, s, arguments, ""); fault.CodeOf(err) != fault.InvalidValue || !strings.Contains(fault.ReasonOf(err), says) {
			t.Errorf("%s: error %v, want one with %q", arguments, err, says)
		}
	}
}

func TestNew_names_what_is_missing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	whole := export.Config{Store: w, Payloads: w, Files: w, Formats: map[string]export.Format{"ndjson": lines{}}}
	for want, edit := range map[string]func(*export.Config){
		"export: Store is required":                             func(c *export.Config) { c.Store = nil },
		"export: Payloads is required":                          func(c *export.Config) { c.Payloads = nil },
		"export: Files is required":                             func(c *export.Config) { c.Files = nil },
		"export: Formats is required":                           func(c *export.Config) { c.Formats = nil },
		"export: PartEvents and PartBytes must not be negative": func(c *export.Config) { c.PartBytes = -1 },
	} {
		c := whole
		edit(&c)
		if _, err := export.New(c); err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
