package stacks

import "testing"

func TestActivityLine_ends_in_what_was_told_last(t *testing.T) {
	t.Parallel()
	var a activityLine
	a.set("requests 0.0/s")
	if got := a.text(); got != "requests 0.0/s" {
		t.Errorf("got %q", got)
	}
	a.tell("compiling query …")
	a.tell("query replaced in 1.1 s")
	if got, want := a.text(), "requests 0.0/s  query replaced in 1.1 s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
