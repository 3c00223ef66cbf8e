package process_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/process"
)

func TestNew_names_the_field(t *testing.T) {
	t.Parallel()
	_, w, store := newService(t)
	whole := process.Config{Store: store, Blobs: w, Notifier: w, DeadLetters: letterbox{w}, Postponer: w}
	for field, spoil := range map[string]func(*process.Config){
		"Store":          func(c *process.Config) { c.Store = nil },
		"Blobs":          func(c *process.Config) { c.Blobs = nil },
		"Notifier":       func(c *process.Config) { c.Notifier = nil },
		"DeadLetters":    func(c *process.Config) { c.DeadLetters = nil },
		"Postponer":      func(c *process.Config) { c.Postponer = nil },
		"Backoff.Base":   func(c *process.Config) { c.Backoff.Base = time.Millisecond },
		"Backoff.Max":    func(c *process.Config) { c.Backoff.Max = 13 * time.Hour },
		"Backoff.Factor": func(c *process.Config) { c.Backoff.Factor = 11 },
	} {
		cfg := whole
		spoil(&cfg)
		if _, err := process.New(cfg); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("error = %v, want it to name %s", err, field)
		}
	}
}
