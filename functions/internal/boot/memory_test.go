package boot

import (
	"math"
	"runtime/debug"
	"testing"
)

// It changes the process: no test of the package runs beside it.
func TestUseMemory(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	for name, c := range map[string]struct {
		environ map[string]string
		percent int
		limit   int64
	}{
		"outside of Lambda":           {nil, gcPercent, math.MaxInt64},
		"a function's memory":         {map[string]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"}, gcPercent, 448 << 20},
		"no size":                     {map[string]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "much"}, gcPercent, math.MaxInt64},
		"what an operator has chosen": {map[string]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "GOGC": "50", "GOMEMLIMIT": "1GiB"}, 100, math.MaxInt64},
	} {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(math.MaxInt64)
		useMemory(func(name string) string { return c.environ[name] })
		if percent := debug.SetGCPercent(100); percent != c.percent {
			t.Errorf("%s: the percentage is %d, want %d", name, percent, c.percent)
		}
		if limit := debug.SetMemoryLimit(-1); limit != c.limit {
			t.Errorf("%s: the limit is %d, want %d", name, limit, c.limit)
		}
	}
}
