package lambda

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/fluxa/fluxa/emulator/internal/wire"
)

// sandboxHome is the home directory of the user that AWS runs functions as. It does
// not exist, there as here, so that a function never reads the profile, the
// passwords or the certificates of the person who runs the emulator.
const sandboxHome = "/home/sbx_user1051"

// handlerName is what a process sees in _HANDLER.
const handlerName = "bootstrap"

func isReservedVariable(name string) bool {
	switch name {
	case "_HANDLER", "_X_AMZN_TRACE_ID",
		"AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
		"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
		"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
		"AWS_LAMBDA_MAX_CONCURRENCY", "AWS_LAMBDA_RUNTIME_API",
		"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR":
		return true
	}
	return false
}

// environ is the whole environment of one process. The function's variables may
// replace the unreserved ones, such as PATH, LANG and TZ, as they may on AWS.
func (c Config) environ(runtimeAPI, logStream string) []string {
	variables := map[string]string{
		"PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
		"LANG": "en_US.UTF-8",
		"TZ":   ":UTC",
		"HOME": sandboxHome,
	}
	maps.Copy(variables, c.Env)
	maps.Copy(variables, map[string]string{
		"_HANDLER":                        handlerName,
		"AWS_REGION":                      c.Region,
		"AWS_DEFAULT_REGION":              c.Region,
		"AWS_ACCESS_KEY":                  "local", // emulated services verify no signature
		"AWS_ACCESS_KEY_ID":               "local",
		"AWS_SECRET_ACCESS_KEY":           "local",
		"AWS_LAMBDA_FUNCTION_NAME":        c.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     latestVersion,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(c.MemoryMiB),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + c.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      logStream,
		"AWS_LAMBDA_RUNTIME_API":          runtimeAPI,
		"LAMBDA_TASK_ROOT":                c.taskRoot(),
		"LAMBDA_RUNTIME_DIR":              "/var/runtime",
	})

	environ := make([]string, 0, len(variables))
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		environ = append(environ, name+"="+variables[name])
	}
	return environ
}

func newLogStream(now time.Time) string {
	return now.UTC().Format("2006/01/02") + "/[" + latestVersion + "]" + wire.RandomHex(16)
}
