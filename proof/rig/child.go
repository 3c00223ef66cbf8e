package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/fluxa/fluxa/cli/webconsole/localstack"
	"github.com/fluxa/fluxa/cli/webconsole/traces"
	"github.com/fluxa/fluxa/local/logfile"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/proof/inject"
)

// ChildCommand is the argument with which a program of this module runs a stack in a
// process of its own, by ServeChild.
const ChildCommand = "stack"

const (
	childLog      = "stack.log" // below the stack's folder
	childLogLimit = 256 << 20
	childStop     = 40 * time.Second
)

// order is what the parent sends, one JSON value a line. The first is the configuration.
type order struct {
	Config *childConfig
	// Faults are those to set in the place of the earlier ones; nil leaves them.
	Faults *[]inject.Fault
}

// childConfig is what of stack.Config a parent sets. It travels by a pipe: the URL of the
// database has a password in it.
type childConfig struct {
	Dir, BinDir, DatabaseURL string
	Port                     int
	Console                  bool
	Tuning                   stack.Tuning
}

// report is what the child answers to each order.
type report struct {
	Info       stack.Info
	Pids       map[contract.Function][]int
	Goroutines int
	Met        []int // calls that each of the faults met which are set
	Error      string
}

// ServeChild runs a stack and obeys the orders on in, until in ends or the stack does.
func ServeChild(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	var first order
	if err := orders.Decode(&first); err != nil {
		return fmt.Errorf("read the configuration of the stack: %w", err)
	}
	if first.Config == nil {
		return errors.New("read the configuration of the stack: the first order has none")
	}
	s, log, err := startChild(ctx, *first.Config)
	if err != nil {
		return errors.Join(err, answers.Encode(report{Error: err.Error()}))
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), childStop)
		defer cancel()
		err = errors.Join(err, s.Stop(stopping), log.Close())
	}()
	faults := inject.NewSet(s.Endpoint(), func(function string) error { return killAll(s, contract.Function(function)) })
	if err := answers.Encode(describe(s, faults, nil)); err != nil {
		return fmt.Errorf("answer the parent: %w", err)
	}
	obeyed := make(chan error, 1)
	go func() { obeyed <- obey(orders, answers, s, faults) }()
	select {
	case err := <-obeyed:
		return err
	case err := <-s.Failed():
		return err
	}
}

func startChild(ctx context.Context, c childConfig) (*stack.Stack, *os.File, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the folder of the stack: %w", err)
	}
	log, err := logfile.Open(c.Dir+"/"+childLog, childLogLimit, 0o600)
	if err != nil {
		return nil, nil, err
	}
	cfg := stack.Config{
		Dir: c.Dir, BinDir: c.BinDir, Port: c.Port, DatabaseURL: c.DatabaseURL, Tuning: c.Tuning,
		Logger: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if c.Console {
		spans := &traces.Store{}
		cfg.Console, cfg.Traces = localstack.Console(spans), spans
	}
	s, err := stack.Start(ctx, cfg)
	if err != nil {
		return nil, nil, errors.Join(err, log.Close())
	}
	return s, log, nil
}

func obey(orders *json.Decoder, answers *json.Encoder, s *stack.Stack, faults *inject.Set) error {
	for {
		var next order
		if err := orders.Decode(&next); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read an order: %w", err)
		}
		var err error
		if next.Faults != nil {
			err = faults.Replace(*next.Faults)
		}
		if err := answers.Encode(describe(s, faults, err)); err != nil {
			return fmt.Errorf("answer the parent: %w", err)
		}
	}
}

func describe(s *stack.Stack, faults *inject.Set, err error) report {
	out := report{Info: s.Info(), Pids: map[contract.Function][]int{}, Goroutines: runtime.NumGoroutine(), Met: faults.Met()}
	for _, f := range []contract.Function{contract.FunctionIngest, contract.FunctionProcessor, contract.FunctionQuery, contract.FunctionMaintain} {
		out.Pids[f] = s.Function(f).Pids()
	}
	if err != nil {
		out.Error = err.Error()
	}
	return out
}

func killAll(s *stack.Stack, name contract.Function) error {
	function := s.Function(name)
	if function == nil {
		return fmt.Errorf("there is no function %q to kill", name)
	}
	for _, pid := range function.Pids() {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("kill process %d of %s: %w", pid, name, err)
		}
	}
	return nil
}
