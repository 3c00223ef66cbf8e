package lambda

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// MaxPayloadBytes is the limit of AWS Lambda for the payload of a synchronous
// invocation and for its answer: 6 MiB each.
const MaxPayloadBytes = 6 << 20

const (
	defaultTimeout        = 3 * time.Second
	maxTimeout            = 15 * time.Minute
	defaultMemoryMiB      = 128
	minMemoryMiB          = 128
	maxMemoryMiB          = 10_240
	defaultMaxConcurrency = 10
	maxMaxConcurrency     = 1_000
	defaultInitTimeout    = 10 * time.Second // what AWS grants
	defaultStopGrace      = 2 * time.Second
	maxEnvBytes           = 4_096
)

var (
	functionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	accountID    = regexp.MustCompile(`^[0-9]{12}$`)
	variableName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]+$`)
)

// Config describes one function. Name and Binary are required, every other field
// has the default of AWS, or the one stated with it. New copies the value.
type Config struct {
	// Name of the function: 1 to 64 letters, digits, hyphens and underscores.
	Name string
	// Binary is the path of the executable, built with the tag lambda.norpc.
	Binary string
	// Env holds the function's own variables: at most 4,096 bytes in all, and none
	// of the names that AWS reserves. Nothing of this process's environment is added.
	Env map[string]string

	// Timeout of one invocation, at most 15 minutes. Default 3 s.
	Timeout time.Duration
	// MemoryMiB is the memory of one execution environment, 128 to 10,240.
	// Default 128. It is enforced on Linux only, and approximately: the resident
	// memory of the process is looked at every 50 ms.
	MemoryMiB int
	// MaxConcurrency is the reserved concurrency, 1 to 1,000: the most processes
	// that run at a time. An invocation beyond it is throttled. Default 10.
	MaxConcurrency int
	// IdleTimeout is how long an unused process is kept. Zero keeps it for good.
	IdleTimeout time.Duration

	// Region of the function's ARN and environment. Default us-east-1.
	Region string
	// AccountID of the function's ARN, 12 digits. Default 000000000000.
	AccountID string

	// Logs receives what the processes write to stdout and stderr, a line a Write,
	// never two Writes at a time. Nil discards it. A writer given to several
	// functions has to allow concurrent Writes.
	Logs io.Writer
	// Logger receives what the service itself has to say. Nil discards it.
	Logger *slog.Logger

	// initTimeout bounds the start of a process up to its first request for work,
	// stopGrace the time from SIGTERM to SIGKILL. Tests set them.
	initTimeout, stopGrace time.Duration
}

func (c Config) withDefaults() Config {
	setDefault(&c.Timeout, defaultTimeout)
	setDefault(&c.initTimeout, defaultInitTimeout)
	setDefault(&c.MemoryMiB, defaultMemoryMiB)
	setDefault(&c.MaxConcurrency, defaultMaxConcurrency)
	setDefault(&c.stopGrace, defaultStopGrace)
	setDefault(&c.Region, "us-east-1")
	setDefault(&c.AccountID, "000000000000")
	if c.Logs == nil {
		c.Logs = io.Discard
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Env = maps.Clone(c.Env)
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (c Config) validate() error {
	switch {
	case !functionName.MatchString(c.Name):
		return fmt.Errorf("lambda: Name must be 1 to 64 letters, digits, hyphens or underscores, got %q", c.Name)
	case c.Timeout < 0 || c.Timeout > maxTimeout:
		return fmt.Errorf("lambda: Timeout of %s must be at most %s, got %s", c.Name, maxTimeout, c.Timeout)
	case c.MemoryMiB < minMemoryMiB || c.MemoryMiB > maxMemoryMiB:
		return fmt.Errorf("lambda: MemoryMiB of %s must be %d to %d, got %d", c.Name, minMemoryMiB, maxMemoryMiB, c.MemoryMiB)
	case c.MaxConcurrency < 1 || c.MaxConcurrency > maxMaxConcurrency:
		return fmt.Errorf("lambda: MaxConcurrency of %s must be 1 to %d, got %d", c.Name, maxMaxConcurrency, c.MaxConcurrency)
	case c.IdleTimeout < 0:
		return fmt.Errorf("lambda: IdleTimeout of %s must not be negative, got %s", c.Name, c.IdleTimeout)
	case !accountID.MatchString(c.AccountID):
		return fmt.Errorf("lambda: AccountID of %s must be 12 digits, got %q", c.Name, c.AccountID)
	}
	if err := c.validateBinary(); err != nil {
		return err
	}
	return c.validateEnv()
}

func (c Config) validateBinary() error {
	if c.Binary == "" {
		return fmt.Errorf("lambda: Binary of %s is required", c.Name)
	}
	info, err := os.Stat(c.Binary)
	if err != nil {
		return fmt.Errorf("lambda: Binary of %s: %w", c.Name, err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 {
		return fmt.Errorf("lambda: Binary of %s must be an executable file, got %s with mode %s", c.Name, c.Binary, info.Mode())
	}
	return nil
}

func (c Config) validateEnv() error {
	size := 0
	for name, value := range c.Env {
		if !variableName.MatchString(name) {
			return fmt.Errorf("lambda: Env of %s: variable %q must be a letter followed by letters, digits or underscores", c.Name, name)
		}
		if isReservedVariable(name) {
			return fmt.Errorf("lambda: Env of %s: variable %s is reserved by AWS Lambda", c.Name, name)
		}
		if strings.ContainsRune(value, 0) {
			return fmt.Errorf("lambda: Env of %s: the value of %s holds a NUL", c.Name, name)
		}
		size += len(name) + len(value)
	}
	if size > maxEnvBytes {
		return fmt.Errorf("lambda: Env of %s must be at most %d bytes, got %d", c.Name, maxEnvBytes, size)
	}
	return nil
}

func (c Config) arn() string {
	return "arn:aws:lambda:" + c.Region + ":" + c.AccountID + ":function:" + c.Name
}

func (c Config) taskRoot() string {
	return filepath.Dir(c.Binary)
}
