package buildflags_test

import (
	"slices"
	"testing"

	"github.com/fluxa/fluxa/pkg/buildflags"
)

func TestAll_ends_with_the_flags_of_the_linker(t *testing.T) {
	t.Parallel()
	want := []string{"-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-gcflags=all=-dwarf=false", "-ldflags=-s -w"}
	if got := buildflags.All(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	want[4] = "-ldflags=-s -w -buildid= -X=a.b=c"
	if got := buildflags.All("-buildid=", "-X=a.b=c"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
