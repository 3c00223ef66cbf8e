package telemetry_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/fluxa/fluxa/pkg/telemetry"
)

const (
	root   = "Root=1-5759e988-bd862e3fe1be46a994272793"
	parent = "Parent=53995c3f42cd8ad8"
	full   = root + ";" + parent + ";Sampled=1"
)

func TestParseTraceHeader(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		full:                                     full,
		root + ";" + parent + ";Sampled=0":       root + ";" + parent + ";Sampled=0",
		root + ";" + parent:                      root + ";" + parent + ";Sampled=0",
		root + ";" + parent + ";Sampled=?":       root + ";" + parent + ";Sampled=0",
		"Sampled=1; " + parent + "; " + root:     full,
		"Self=1-2-3;" + full + ";Lineage=a87b:0": full,
		root:                                     "",
		parent + ";Sampled=1":                    "",
		"":                                       "",
		"Root=":                                  "",
		"Root=2-5759e988-bd862e3fe1be46a994272793;" + parent: "",
		"Root=1-5759e988bd862e3fe1be46a994272793;" + parent:  "",
		"Root=1-5759e98-8bd862e3fe1be46a994272793;" + parent: "",
		"Root=1-5759e988-bd862e3fe1be46a99427279;" + parent:  "",
		"Root=1-5759e988-bd862e3fe1be46a99427279g;" + parent: "",
		"Root=1-00000000-000000000000000000000000;" + parent: "",
		root + ";Parent=0000000000000000;Sampled=1":          "",
		root + ";Parent=53995c3f42cd8ad;Sampled=1":           "",
		root + ";Parent=;Sampled=1":                          "",
		full + ";" + strings.Repeat("x", 512):                "",
	} {
		got, ok := telemetry.ParseTraceHeader(header)
		if ok != (want != "") || telemetry.FormatTraceHeader(got) != want || (ok && !got.IsRemote()) {
			t.Errorf("%q: %q, %t; want %q", header, telemetry.FormatTraceHeader(got), ok, want)
		}
	}
}

func FuzzParseTraceHeader(f *testing.F) {
	f.Add(full)
	f.Add("Root=1-5759e988-bd862e3fe1be46a994272793")
	f.Add(";;=;Root;Parent=")
	f.Fuzz(func(t *testing.T, text string) {
		read, ok := telemetry.ParseTraceHeader(text)
		if ok != read.IsValid() {
			t.Errorf("%q: %t, but valid %t", text, ok, read.IsValid())
		}
		again, _ := telemetry.ParseTraceHeader(telemetry.FormatTraceHeader(read))
		if !again.Equal(read) && ok {
			t.Errorf("%q does not come back", text)
		}
	})
}

func TestTraceHeader(t *testing.T) {
	t.Parallel()
	const other = "Root=1-11111111-222222222222222222222222;Parent=3333333333333333;Sampled=0"
	span, ok := telemetry.ParseTraceHeader(other)
	if !ok {
		t.Fatal("the header of the test is wrong")
	}
	for name, c := range map[string]struct {
		carried string
		span    trace.SpanContext
		want    string
	}{
		"none":                              {},
		"as it was carried":                 {carried: root + ";Lineage=a87b:0", want: root + ";Lineage=a87b:0"},
		"what is not well-formed is none":   {carried: "Root=1-x"},
		"the current span's":                {span: span, want: other},
		"the current span's over the other": {carried: full, span: span, want: other},
		"the lineage stays":                 {carried: full + ";Lineage=a87b:0", span: span, want: other + ";Lineage=a87b:0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := telemetry.WithTraceHeader(t.Context(), c.carried)
			if c.span.IsValid() {
				ctx = trace.ContextWithSpanContext(ctx, c.span)
			}
			if got := telemetry.TraceHeader(ctx); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func ExampleTraceHeader() {
	ctx := telemetry.WithTraceHeader(context.Background(), "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
	fmt.Println(telemetry.TraceHeader(ctx))
	// Output: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1
}
