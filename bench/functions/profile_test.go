package functions

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

func TestPartOf_is_of_the_innermost_part_of_Fluxa(t *testing.T) {
	t.Parallel()
	const root = module + "functions/internal/boot.Main[go.shape.struct {}]"
	for stack, want := range map[string]Part{
		"runtime.mallocgc " + module + "pkg/event.Decode " + module + "pkg/process.(*batch).read " + root:                                         PartDecode,
		"syscall.write internal/poll.(*FD).Write net/http.x github.com/aws/aws-sdk-go-v2/service/sns.x " + module + "pkg/snsnotify.(*Topic).call": PartAnnounce,
		"encoding/json.x log/slog.x " + module + "pkg/telemetry.x main.(*handler).log " + root:                                                    PartTelemetry,
		"runtime.mallocgc github.com/go-json-experiment/json.x " + module + "functions/internal/boot.typed[...].Invoke " + root:                   PartInvocation,
		"encoding/json.x github.com/aws/aws-lambda-go/lambda.reflectHandler.func2 " + root:                                                        PartInvocation,
		"runtime.x main.(*handler).Handle " + root + " main.main":                                                                                 PartRest,
		"net/http.x github.com/aws/aws-lambda-go/lambda.doRuntimeAPILoop " + root + " main.main":                                                  PartHTTP,
		"strings.x github.com/aws/aws-lambda-go/lambda.doRuntimeAPILoop " + root + " main.main":                                                   PartRuntimeAPI,
		"internal/poll.x bufio.x net/http.(*persistConn).readLoop":                                                                                PartHTTP,
		"runtime.findRunnable runtime.schedule runtime.mcall":                                                                                     PartGo,
		"runtime.x " + root + " main.main":                                                                                                        PartGo,
	} {
		if got := partOf(strings.Split(strings.ReplaceAll(stack, "struct {}", "struct{}"), " ")); got != want {
			t.Errorf("%s: got %q, want %q", stack, got, want)
		}
	}
}

func TestShares_sums_the_stacks_of_a_part(t *testing.T) {
	t.Parallel()
	at := func(id uint64, name string) *profile.Location {
		return &profile.Location{ID: id, Line: []profile.Line{{Function: &profile.Function{ID: id, Name: name}}}}
	}
	decode, store, loop := at(1, module+"pkg/event.Decode"), at(2, module+"pkg/pgstore.x"), at(3, "runtime.schedule")
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		Location:   []*profile.Location{decode, store, loop},
		Sample: []*profile.Sample{
			{Location: []*profile.Location{decode}, Value: []int64{9, 100}}, {Location: []*profile.Location{decode, loop}, Value: []int64{9, 200}},
			{Location: []*profile.Location{store}, Value: []int64{9, 100}}, {Location: []*profile.Location{loop}, Value: []int64{9, 400}},
		},
	}
	for _, l := range p.Location {
		p.Function = append(p.Function, l.Line[0].Function)
	}
	path := filepath.Join(t.TempDir(), "cpu.pprof")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Write(file); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := shares(path)
	if want := map[Part]float64{PartDecode: 0.375, PartStore: 0.125, PartGo: 0.5}; err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if _, err := shares(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("there is no file, and no error")
	}
}
