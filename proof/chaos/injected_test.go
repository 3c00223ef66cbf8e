package chaos

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/proof/inject"
)

func TestUnmet_names_each_fault_that_met_too_few_calls(t *testing.T) {
	t.Parallel()
	faults := []inject.Fault{
		{Service: endpoint.SNS, Operations: []string{publish}, Effect: inject.KillBefore, Function: "processor", Times: 2},
		sending(queue, inject.Fault{Effect: inject.Away}),
	}
	if err := unmet(faults, []int{2, 1}); err != nil {
		t.Error(err)
	}
	err := unmet(faults, []int{1, 0})
	if !errors.Is(err, errUnmet) {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"kill-before: PublishBatch of sns: 1 of 2", "away: SendMessage or SendMessageBatch of fluxa-events- of sqs: 0 of 1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func TestKillsEverywhere_has_one_before_and_after_each_step_and_what_brings_it_about(t *testing.T) {
	t.Parallel()
	all := killsEverywhere()
	at := func(f inject.Fault) int {
		return slices.IndexFunc(all, func(other inject.Fault) bool { return reflect.DeepEqual(f, other) })
	}
	for _, s := range steps() {
		before, after := at(s.kill(inject.KillBefore)), at(s.kill(inject.KillAfter))
		if before < 0 || after < 0 {
			t.Errorf("%s: no kill before it or none after it", s.name)
		}
		for _, cause := range s.cause {
			if at(cause) < max(before, after) {
				t.Errorf("%s: its cause is missing, or comes before a kill", s.name)
			}
		}
	}
}
