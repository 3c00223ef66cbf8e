// Package stack runs the whole product on one machine: a real PostgreSQL, the
// emulated SQS, SNS and S3, the functions' real binaries under the local Lambda
// runtime, the event source mapping and the API gateway. It holds the settings
// that a deployment would have, so that what runs here is what runs there.
package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Config says where the stack lives. Dir and BinDir are required.
type Config struct {
	// Dir keeps the data, the logs and stack.json.
	Dir string
	// BinDir has the functions' binaries, one file each, named as the function.
	BinDir string
	// Host is the address that the API and the AWS endpoint listen on: default
	// 127.0.0.1. Anything else is reachable from outside this machine.
	Host string
	// Port is the API's; the AWS endpoint listens on the next one and PostgreSQL on
	// the one after. Zero takes free ports for all three.
	Port int
	// DatabaseURL names a server to use. Empty: one is started under Dir.
	DatabaseURL string
	// APIKey is asked of callers when it is set. With Clients it is that of one of them,
	// which the commands of this stack use when they are given no other.
	APIKey string
	// Clients are those of whom the API takes the keys; none: callers are not told apart.
	Clients []Client
	// Out is where people read what happens. Default: nothing is written.
	Out io.Writer
	// Logger receives what goes wrong. Default: warnings and errors to Out.
	Logger *slog.Logger
	// Console makes the page under ConsolePath, from the stack that it shows. Default:
	// there is none.
	Console func(*Stack) (Console, error)
	// Traces takes the functions' spans, by OTLP over HTTP, unless the environment names
	// another collector. Default: none are made.
	Traces http.Handler
	// Reference serves the reference of the API under ReferencePath. Default: there is none.
	Reference http.Handler
	// Watch runs beside the stack from when its API answers until it stops, such as what
	// gives functions new code (Stack.Function). The stack stops when it fails. Default:
	// nothing does.
	Watch func(context.Context, *Stack) error
	// Tuning changes the settings of a deployment, for tests and experiments.
	Tuning Tuning
}

// Tuning holds what a stage of a deployment sets. Zero values are the platform's
// defaults.
type Tuning struct {
	ProcessorTimeout time.Duration // default contract.ProcessorTimeout
	BatchSize        int           // messages that a processor takes at once; default contract.BatchSize
	BatchWindow      time.Duration // how long a batch is collected; default 0: no waiting
	Retry            config.Retry  // of the processor
	RetentionDays    int           // after which events are deleted; default 0: they are kept
	// ThrowAway trades the safety of the data against a power cut for speed.
	ThrowAway bool
}

func (c Config) withDefaults() (Config, error) {
	for _, required := range []struct{ name, value string }{{"Dir", c.Dir}, {"BinDir", c.BinDir}} {
		if required.value == "" {
			return c, fmt.Errorf("stack: %s is required", required.name)
		}
	}
	if c.Port < 0 || c.Port > 65533 {
		return c, fmt.Errorf("stack: Port is %d, it must be 0 to 65533: the two after it are used too", c.Port)
	}
	if c.Host == "" {
		c.Host = loopback
	}
	if c.Out == nil {
		c.Out = io.Discard
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.NewTextHandler(c.Out, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	if err := c.checkKey(); err != nil {
		return c, err
	}
	var err error
	if c.Dir, err = filepath.Abs(c.Dir); err != nil {
		return c, fmt.Errorf("stack: Dir: %w", err)
	}
	return c, c.checkBinaries()
}

func (c Config) checkBinaries() error {
	for _, function := range contract.Functions() {
		path := c.binary(function)
		if info, err := os.Stat(path); errors.Is(err, os.ErrNotExist) || (err == nil && info.IsDir()) {
			return fmt.Errorf("the function's binary %s is missing: run `make build`", path)
		} else if err != nil {
			return fmt.Errorf("look for the functions' binaries: %w", err)
		}
	}
	return nil
}

func (c Config) binary(function contract.Function) string {
	return filepath.Join(c.BinDir, string(function))
}

func (t Tuning) timeout() time.Duration { return cmp.Or(t.ProcessorTimeout, contract.ProcessorTimeout) }

func (t Tuning) batchSize() int { return cmp.Or(t.BatchSize, contract.BatchSize) }

// visibility is the queue's visibility time-out, from the processor's time-out.
func (t Tuning) visibility() time.Duration {
	return contract.VisibilityFactor*t.timeout() + t.BatchWindow
}
