package config

import (
	"strings"
	"testing"
)

// A check can name fields of the settings only. It looks each of them up whether
// the value is good or not, so that any call of Load finds one that is none.
func TestCheck_that_names_what_is_no_setting_panics(t *testing.T) {
	t.Parallel()
	var settings Ingest
	var another Queue
	l := newFaultList(&settings, nil)
	if name := l.name(&settings.QueueURL); name != "QUEUE_URL" {
		t.Errorf("the queue's URL is in %s", name)
	}
	text := "no setting"
	for name, check := range map[string]func(){
		"refuse":  func() { l.refuse(&text) },
		"add":     func() { l.add(&another.QueueURL, "is another queue's") },
		"require": func() { l.require(true, &settings.Queue) },
	} {
		func() {
			defer func() {
				if r, ok := recover().(string); !ok || !strings.Contains(r, "no field of the settings") {
					t.Errorf("%s: it panicked with %q", name, r)
				}
			}()
			check()
		}()
	}
	if len(l.found) != 0 {
		t.Errorf("found %v", l.found)
	}
}
