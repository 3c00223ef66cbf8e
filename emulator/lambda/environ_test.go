package lambda

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestProcessEnvironment(t *testing.T) {
	t.Setenv("SECRET_OF_THE_PARENT", "must not arrive")
	f := newFunction(t, func(c *Config) {
		c.Region = "eu-west-1"
		c.Env = map[string]string{"TABLE_NAME": "events", "LANG": "C"}
	})
	got := map[string]string{}
	for _, variable := range decode[[]string](t, invokeOK(t, f, mode("env")).Payload) {
		name, value, _ := strings.Cut(variable, "=")
		got[name] = value
	}
	want := map[string]string{
		"PATH":                            "/usr/local/bin:/usr/bin:/bin:/opt/bin",
		"LANG":                            "C",
		"TZ":                              ":UTC",
		"HOME":                            "/home/sbx_user1051",
		"TABLE_NAME":                      "events",
		"_HANDLER":                        "bootstrap",
		"AWS_REGION":                      "eu-west-1",
		"AWS_DEFAULT_REGION":              "eu-west-1",
		"AWS_ACCESS_KEY":                  "local",
		"AWS_ACCESS_KEY_ID":               "local",
		"AWS_SECRET_ACCESS_KEY":           "local",
		"AWS_LAMBDA_FUNCTION_NAME":        "echo",
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/echo",
		"LAMBDA_TASK_ROOT":                filepath.Dir(handlerBinary),
		"LAMBDA_RUNTIME_DIR":              "/var/runtime",
	}
	patterns := map[string]string{
		"AWS_LAMBDA_LOG_STREAM_NAME": `^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$`,
		"AWS_LAMBDA_RUNTIME_API":     `^127\.0\.0\.1:\d+$`,
		"_X_AMZN_TRACE_ID":           `^Root=1-`, // set by the runtime itself
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
		delete(got, name)
	}
	for name, pattern := range patterns {
		if !regexp.MustCompile(pattern).MatchString(got[name]) {
			t.Errorf("%s is %q, want %s", name, got[name], pattern)
		}
		delete(got, name)
	}
	for name, value := range got {
		t.Errorf("unexpected variable %s=%s", name, value)
	}

	cwd := decode[string](t, invokeOK(t, f, mode("cwd")).Payload)
	if real, err := filepath.EvalSymlinks(filepath.Dir(handlerBinary)); err != nil || cwd != real {
		t.Errorf("working directory %q, want %q (%v)", cwd, real, err)
	}
}

func TestProcessesHaveEnvironmentsOfTheirOwn(t *testing.T) {
	t.Parallel()
	f := newFunction(t, nil)
	addresses := map[string]bool{}
	gate := filepath.Join(t.TempDir(), "open")
	held := make(chan Output, 1)
	go func() {
		out, err := f.Invoke(t.Context(), event(t, map[string]any{"mode": "wait-for-file", "path": gate}))
		if err != nil {
			t.Error(err)
		}
		held <- out
	}()
	eventually(t, "the first process", func() bool { return len(f.Pids()) == 1 })
	collect := func() {
		for _, variable := range decode[[]string](t, invokeOK(t, f, mode("env")).Payload) {
			if strings.HasPrefix(variable, "AWS_LAMBDA_RUNTIME_API=") || strings.HasPrefix(variable, "AWS_LAMBDA_LOG_STREAM_NAME=") {
				addresses[variable] = true
			}
		}
	}
	collect()
	second := f.Pids()
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	<-held // the first process is now the most recently used
	collect()
	if len(second) != 2 || len(addresses) != 4 {
		t.Errorf("pids %v, addresses and log streams %v: want two of each", second, addresses)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*Config)
		want   string
	}{
		"no_name":            {func(c *Config) { c.Name = "" }, `Name must be 1 to 64 letters, digits, hyphens or underscores, got ""`},
		"a_name_with_a_dot":  {func(c *Config) { c.Name = "a.b" }, `got "a.b"`},
		"no_binary":          {func(c *Config) { c.Binary = "" }, "Binary of echo is required"},
		"a_missing_binary":   {func(c *Config) { c.Binary = "/nowhere/bootstrap" }, "Binary of echo: stat /nowhere/bootstrap"},
		"a_folder":           {func(c *Config) { c.Binary = t.TempDir() }, "must be an executable file"},
		"a_long_time-out":    {func(c *Config) { c.Timeout = maxTimeout + 1 }, "Timeout of echo must be at most 15m0s, got 15m0.000000001s"},
		"little_memory":      {func(c *Config) { c.MemoryMiB = 127 }, "MemoryMiB of echo must be 128 to 10240, got 127"},
		"much_memory":        {func(c *Config) { c.MemoryMiB = 10_241 }, "got 10241"},
		"no_concurrency":     {func(c *Config) { c.MaxConcurrency = -1 }, "MaxConcurrency of echo must be 1 to 1000, got -1"},
		"much_concurrency":   {func(c *Config) { c.MaxConcurrency = 1_001 }, "got 1001"},
		"a_negative_idle":    {func(c *Config) { c.IdleTimeout = -1 }, "IdleTimeout of echo must not be negative"},
		"a_bad_account":      {func(c *Config) { c.AccountID = "12" }, `AccountID of echo must be 12 digits, got "12"`},
		"a_reserved_name":    {func(c *Config) { c.Env = map[string]string{"AWS_REGION": "x"} }, "variable AWS_REGION is reserved"},
		"a_bad_name":         {func(c *Config) { c.Env = map[string]string{"1X": "x"} }, `variable "1X" must be a letter`},
		"a_NUL":              {func(c *Config) { c.Env = map[string]string{"XX": "\x00"} }, "the value of XX holds a NUL"},
		"a_huge_environment": {func(c *Config) { c.Env = map[string]string{"XX": strings.Repeat("x", 4_095)} }, "at most 4096 bytes, got 4097"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{Name: "echo", Binary: handlerBinary}
			test.change(&cfg)
			if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func notAProgram(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(path, []byte("\x00not a program"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
