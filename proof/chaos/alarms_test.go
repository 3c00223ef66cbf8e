package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/proof/rig"
)

// lived is a record of ten seconds of load, a fault, and ten seconds more, and the
// processor's log of it: one invocation a second, which during the fault stores nothing
// and returns its messages.
func lived(t *testing.T, fault time.Duration) (*Record, string) {
	t.Helper()
	begun := time.Date(2026, 11, 30, 4, 0, 0, 0, time.UTC)
	r := &Record{Scenario: "it", Begun: begun, Broken: 10 * time.Second, Mended: 10*time.Second + fault, Took: 20*time.Second + fault}
	var log strings.Builder
	stored := 0
	for second := range int(r.Took / time.Second) {
		at := time.Duration(second) * time.Second
		good, retried := 10, 0
		if at >= r.Broken && at < r.Mended {
			good, retried = 0, 10
		}
		stored += good
		fmt.Fprintf(&log, `{"Environment":"local","Service":"processor","_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"Fluxa/Processor","Dimensions":[["Service","Environment"]],"Metrics":[{"Name":"processed_success","Unit":"Count"},{"Name":"retried","Unit":"Count"}]}]},"processed_success":%d,"retried":%d}`+"\n",
			begun.Add(at).UnixMilli(), good, retried)
		fmt.Fprintf(&log, `{"time":%q,"level":"DEBUG","msg":"invocation finished","function":"fluxa-processor-local","duration_ms":12.5,"failed":false}`+"\n", begun.Add(at).Format(time.RFC3339Nano))
		log.WriteString("a line of text\n")
		r.Samples = append(r.Samples, rig.Sample{At: begun.Add(at), Accepted: 10 * (second + 1), Stored: stored, Answered: 10 * (second + 1)})
	}
	path := filepath.Join(t.TempDir(), "processor.log")
	if err := os.WriteFile(path, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return r, path
}

func alarmsOfProd(t *testing.T) *Alarms {
	t.Helper()
	alarms, err := ReadAlarms("prod", filepath.Join("..", "..", "cdk", "stack", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	return alarms
}

const retriedAlarm = "fluxa-events-retried-prod"

func TestAlarms_fire_when_a_fault_stops_events_for_ten_minutes(t *testing.T) {
	t.Parallel()
	r, log := lived(t, 10*time.Minute)
	var err error
	if r.Alarms, err = alarmsOfProd(t).evaluate(r, []string{log}); err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(r.Alarms, func(a Alarmed) bool { return a.Name == retriedAlarm })
	if at < 0 || r.Alarms[at].Before || r.Alarms[at].IfItLasted || r.Alarms[at].After > 6*time.Minute {
		t.Errorf("fired: %+v, want %s during the fault", r.Alarms, retriedAlarm)
	}
	if err := r.silent(); err != nil {
		t.Error(err)
	}
}

func TestAlarms_say_what_would_fire_had_a_short_fault_lasted(t *testing.T) {
	t.Parallel()
	r, log := lived(t, 20*time.Second)
	fired, err := alarmsOfProd(t).evaluate(r, []string{log})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(fired, func(a Alarmed) bool { return a.Name == retriedAlarm })
	if at < 0 || !fired[at].IfItLasted {
		t.Errorf("fired: %+v, want %s if it lasted", fired, retriedAlarm)
	}
}

func TestAlarms_that_stay_silent_while_events_stop_are_an_error(t *testing.T) {
	t.Parallel()
	r, _ := lived(t, 10*time.Minute)
	if err := r.silent(); err == nil || err.Error() != "events stopped for 10m0s, and no alarm fired" {
		t.Errorf("error %v", err)
	}
	r.Alarms = []Alarmed{{Name: "background", Before: true}, {Name: "later", IfItLasted: true}}
	if r.silent() == nil {
		t.Error("an alarm that fired before, or would have fired later, told of the fault")
	}
	short, _ := lived(t, time.Minute)
	if err := short.silent(); err != nil {
		t.Errorf("a short fault: %v", err)
	}
	flowing, _ := lived(t, 10*time.Minute)
	for i := range flowing.Samples {
		flowing.Samples[i].Stored = flowing.Samples[i].Accepted
	}
	if err := flowing.silent(); err != nil {
		t.Errorf("a fault that stops nothing: %v", err)
	}
}

func TestNoticed_wants_a_message_to_come_back_during_a_fault(t *testing.T) {
	t.Parallel()
	r, _ := lived(t, 20*time.Second)
	line := func(at time.Duration, retried int) string {
		return fmt.Sprintf(`{"_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Metrics":[{"Name":"retried"}]}]},"retried":%d}`+"\n", r.Begun.Add(at).UnixMilli(), retried)
	}
	invocation := func(at time.Duration, function string, failed bool) string {
		return fmt.Sprintf(`{"time":%q,"msg":"invocation finished","function":"fluxa-%s-local","duration_ms":1,"failed":%t}`+"\n", r.Begun.Add(at).Format(time.RFC3339Nano), function, failed)
	}
	for name, test := range map[string]struct {
		log     string
		noticed bool
	}{
		"nothing written":      {"", false},
		"none retried":         {line(r.Broken+time.Second, 0), false},
		"one retried":          {line(r.Broken+time.Second, 0) + `{"level":"INFO"}` + "\n" + line(r.Broken+2*time.Second, 1), true},
		"an invocation failed": {invocation(r.Broken+time.Second, "processor", true), true},
		"one of another":       {invocation(r.Broken+time.Second, "query", true), false},
		"one that did not":     {invocation(r.Broken+time.Second, "processor", false), false},
		"one before":           {invocation(r.Broken-time.Second, "processor", true), false},
		"before the fault":     {line(r.Broken-time.Second, 3), false},
		"long after it":        {line(r.Mended+2*time.Second, 3), false},
		"a line without end":   {strings.TrimSuffix(line(r.Broken+time.Second, 1), "\n"), false},
	} {
		path := filepath.Join(t.TempDir(), "processor.log")
		if err := os.WriteFile(path, []byte(test.log), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.noticed([]string{path}); (err == nil) != test.noticed {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := r.noticed([]string{filepath.Join(t.TempDir(), "absent.log")}); err == nil || !strings.Contains(err.Error(), "absent.log") {
		t.Errorf("a log that is not there: %v", err)
	}
}

func TestReadAlarms_names_what_is_missing(t *testing.T) {
	t.Parallel()
	if _, err := ReadAlarms("test", "."); err == nil || !strings.Contains(err.Error(), `no stage "test"`) {
		t.Errorf("error %v", err)
	}
	if _, err := ReadAlarms("prod", t.TempDir()); err == nil || !strings.Contains(err.Error(), "has no templates") {
		t.Errorf("error %v", err)
	}
}
