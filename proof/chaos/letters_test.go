package chaos

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/proof/checker"
)

func TestLettersOf_are_those_of_poison_and_conflicts_and_not_of_the_fault(t *testing.T) {
	t.Parallel()
	sent := []checker.Sent{
		{ID: "good", Meaning: "first"}, {ID: "good", Meaning: "first"},
		{ID: "poison", Meaning: "first", Code: fault.HashMismatch},
		{ID: "conflict", Meaning: "first"}, {ID: "conflict", Meaning: "other"},
		{ID: "gone-1", Meaning: "first", Code: fault.PayloadMissing},
	}
	want := letterCodes{"poison": fault.HashMismatch, "conflict": fault.IdempotencyConflict}
	if got := lettersOf(sent, "gone-"); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	want["gone-1"] = fault.PayloadMissing
	if got := lettersOf(sent, ""); !maps.Equal(got, want) {
		t.Errorf("without a prefix: got %v, want %v", got, want)
	}
}

// livedWithLetters is a record with a letter of the load's own each second and, from a time
// on, one of the fault.
func livedWithLetters(t *testing.T, from func(*Record) time.Duration) (*Record, string) {
	t.Helper()
	r, path := lived(t, 20*time.Second)
	r.foreseen = letterCodes{"poison": fault.HashMismatch}
	log, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	line := func(at time.Time, id string, code fault.Code) {
		if _, err := fmt.Fprintf(log, `{"timestamp":%q,"message":"message","event_id":%q,"result":"dead_lettered","error_code":%q}`+"\n"+
			`{"Environment":"local","Service":"processor","_aws":{"Timestamp":%d,"CloudWatchMetrics":[{"Namespace":"Fluxa/Processor","Dimensions":[["Service","Environment"]],"Metrics":[{"Name":"dlq_sent","Unit":"Count"}]}]},"dlq_sent":1}`+"\n",
			at.Format(time.RFC3339Nano), id, code, at.UnixMilli()); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range r.Samples {
		r.Samples[i].Letters = i + 1
		line(s.At, "poison", fault.HashMismatch)
		if from != nil && s.At.Sub(r.Begun) >= from(r) {
			line(s.At, "good", fault.PayloadMissing)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	return r, path
}

func TestAlarms_of_the_DLQ_tell_of_a_fault_s_letters_and_not_of_the_load_s_own(t *testing.T) {
	t.Parallel()
	of := []string{"fluxa-dlq-depth-prod", "fluxa-dlq-sent-prod"}
	for name, c := range map[string]struct {
		from   func(*Record) time.Duration
		before []bool
	}{
		"poison alone":              {nil, nil},
		"letters of the fault":      {func(r *Record) time.Duration { return r.Broken }, []bool{false, false}},
		"letters before the fault":  {func(*Record) time.Duration { return 0 }, []bool{true, true}},
		"letters when all was well": {func(r *Record) time.Duration { return r.Took }, nil},
	} {
		r, log := livedWithLetters(t, c.from)
		fired, err := alarmsOfProd(t).evaluate(r, []string{log})
		if err != nil {
			t.Fatal(err)
		}
		var before []bool
		for _, a := range fired {
			if slices.Contains(of, a.Name) {
				before = append(before, a.Before)
			}
		}
		if !slices.Equal(before, c.before) {
			t.Errorf("%s: fired %+v, want of the DLQ's those with Before %v", name, fired, c.before)
		}
	}
}

func TestAlarms_that_read_a_metric_which_is_not_written_here_are_named_and_stay_quiet(t *testing.T) {
	t.Parallel()
	alarms := alarmsOfProd(t)
	for _, name := range []string{"fluxa-database-cpu-prod", "fluxa-queue-age-prod", "fluxa-maintenance-prod", "fluxa-notifications-failed-prod", "fluxa-processor-throttles-prod"} {
		if !slices.Contains(alarms.Unseen(), name) {
			t.Errorf("%s is not named: %q", name, alarms.Unseen())
		}
	}
	for _, name := range []string{retriedAlarm, "fluxa-dlq-depth-prod", "fluxa-api-5xx-rate-prod", "fluxa-processor-error-rate-prod", "fluxa-in-flight-prod"} {
		if slices.Contains(alarms.Unseen(), name) {
			t.Errorf("%s is named, and its metrics are written here", name)
		}
	}
	r, log := lived(t, 20*time.Second)
	fired, err := alarms.evaluate(r, []string{log})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range fired {
		if slices.Contains(alarms.Unseen(), a.Name) {
			t.Errorf("%+v cannot be evaluated", a)
		}
	}
}
