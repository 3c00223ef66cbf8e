package functions

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/google/pprof/profile"

	"github.com/fluxa/fluxa/pkg/contract"
)

const (
	profileVariable = "FLUXA_BENCH_CPU_PROFILE"
	profileTimeout  = 10 * time.Second // for a process to write its profile
)

//go:embed cpuprofile.go.txt
var profiling []byte

// overlay adds the profiling to the functions when they are compiled, and leaves their
// source as it is. It returns the file for go build -overlay.
func (v *Version) overlay(folder string) (string, error) {
	source := filepath.Join(folder, "cpuprofile.go")
	replace := map[string]string{}
	for _, f := range contract.Functions() {
		if v.has(f) {
			replace[filepath.Join(v.Root, "functions", string(f), "cpuprofile.go")] = source
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	list := filepath.Join(folder, "overlay.json")
	return list, errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(source, profiling, 0o644), os.WriteFile(list, text, 0o644))
}

// Part is what processor time goes to.
type Part string

// The parts, in the order of a report.
const (
	PartInvocation Part = "read the invocation, write the answer"
	PartDecode     Part = "read and check events"
	PartStore      Part = "store: PostgreSQL's client"
	PartAnnounce   Part = "announce: SNS's client"
	PartQueue      Part = "send: SQS's client"
	PartTelemetry  Part = "log lines, metrics, traces"
	PartRest       Part = "the rest of Fluxa"
	PartRuntimeAPI Part = "Lambda's runtime client"
	PartHTTP       Part = "HTTP connections"
	PartGo         Part = "Go: scheduler, garbage collector"
)

// Parts returns all of them.
func Parts() []Part {
	return []Part{PartInvocation, PartDecode, PartStore, PartAnnounce, PartQueue, PartTelemetry, PartRest, PartRuntimeAPI, PartHTTP, PartGo}
}

const module = "github.com/fluxa/fluxa/"

// inFluxa and around say to which part a function belongs, by the beginning of its name.
// A stack is of the innermost part in Fluxa, if it has one, else of the innermost around.
var (
	inFluxa = map[string]Part{
		module + "pkg/event": PartDecode, module + "pkg/pgstore": PartStore, module + "pkg/snsnotify": PartAnnounce,
		module + "pkg/sqsqueue": PartQueue, module + "pkg/telemetry": PartTelemetry, "log/slog": PartTelemetry,
	}
	around = map[string]Part{
		"encoding/json": PartInvocation, module + "functions/internal/boot.typed": PartInvocation, "github.com/go-json-experiment/json": PartInvocation,
		module: PartRest, "main.": PartRest, "github.com/aws/aws-lambda-go": PartRuntimeAPI, "net/http": PartHTTP, "internal/poll": PartHTTP,
	}
)

// starting is in every stack of the main goroutine, and says nothing.
const starting = module + "functions/internal/boot.Main"

// partOf returns the part of a stack, the innermost function first.
func partOf(stack []string) Part {
	for _, parts := range []map[string]Part{inFluxa, around} {
		for _, name := range stack {
			if strings.HasPrefix(name, starting) || name == "main.main" {
				continue
			}
			longest := ""
			for prefix := range parts {
				if strings.HasPrefix(name, prefix) && len(prefix) > len(longest) {
					longest = prefix
				}
			}
			if longest != "" {
				return parts[longest]
			}
		}
	}
	return PartGo
}

// shares reads a profile: which share of the processor time each part has.
func shares(path string) (map[Part]float64, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was read only
	p, err := profile.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	value := slices.IndexFunc(p.SampleType, func(t *profile.ValueType) bool { return t.Type == "cpu" })
	if value < 0 || len(p.Sample) == 0 {
		return nil, fmt.Errorf("read %s: there is no sample of processor time", path)
	}
	out, sum := map[Part]float64{}, 0.0
	for _, sample := range p.Sample {
		var stack []string
		for _, location := range sample.Location {
			for _, line := range location.Line {
				stack = append(stack, line.Function.Name)
			}
		}
		out[partOf(stack)] += float64(sample.Value[value])
		sum += float64(sample.Value[value])
	}
	for part := range out {
		out[part] /= sum
	}
	return out, nil
}

// profile gives the function of the load so many events and returns the processor time
// of an event in microseconds, by part. The version must be built to be profiled.
func (s *Stage) profile(ctx context.Context, l load, path string) (map[Part]float64, error) {
	l.profile = path
	each, err := s.run(ctx, l)
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", l.function, s.version.Name, err)
	}
	out, err := shares(path)
	for part := range out {
		out[part] *= float64(each) / float64(time.Microsecond)
	}
	return out, err
}

// ProfileProcessor profiles the processor with batches of a size into a file.
func (s *Stage) ProfileProcessor(ctx context.Context, batch, count int, path string) (map[Part]float64, error) {
	l, err := s.processorLoad(ctx, batch, warming+count)
	if err != nil {
		return nil, err
	}
	return s.profile(ctx, l, path)
}

// ProfileIngest profiles ingest with single events into a file.
func (s *Stage) ProfileIngest(ctx context.Context, count int, path string) (map[Part]float64, error) {
	l, err := s.ingestLoad(warming + count)
	if err != nil {
		return nil, err
	}
	return s.profile(ctx, l, path)
}

// beginProfile and endProfile are around what is profiled, if there is a file for it.
func (p *process) beginProfile(path string) error {
	if path == "" {
		return nil
	}
	return p.signal(syscall.SIGUSR1)
}

func (p *process) endProfile(ctx context.Context, path string) error {
	if path == "" {
		return nil
	}
	if err := p.signal(syscall.SIGUSR2); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, profileTimeout)
	defer cancel()
	for {
		_, err := os.Stat(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the profile %s: %w", path, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (p *process) signal(signal syscall.Signal) error {
	if err := syscall.Kill(p.pid, signal); err != nil {
		return fmt.Errorf("signal the process of %s: %w", p.function.Name(), err)
	}
	return nil
}
