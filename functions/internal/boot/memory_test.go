package boot

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
)

// It changes the process: no test of the package runs beside it.
func TestUseMemory(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for name, c := range map[string]struct {
		environ map[string]string
		percent int
		limit   int64
		threads int // of 3
	}{
		"outside of Lambda":           {nil, gcPercent, math.MaxInt64, 3},
		"a function's memory":         {map[string]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"}, gcPercent, 448 << 20, 1},
		"one processor":               {map[string]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769"}, gcPercent, 1769 << 20 / 8 * 7, 1},
		"more than one":               {map[string]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1770"}, gcPercent, 1770 << 20 / 8 * 7, 2},
		"more than there are":         {map[string]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "10240"}, gcPercent, 10240 << 20 / 8 * 7, 3},
		"no size":                     {map[string]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "much"}, gcPercent, math.MaxInt64, 3},
		"what an operator has chosen": {map[string]string{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "GOGC": "50", "GOMEMLIMIT": "1GiB", "GOMAXPROCS": "3"}, 100, math.MaxInt64, 3},
	} {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(math.MaxInt64)
		runtime.GOMAXPROCS(3)
		useMemory(func(name string) string { return c.environ[name] })
		if percent := debug.SetGCPercent(100); percent != c.percent {
			t.Errorf("%s: the percentage is %d, want %d", name, percent, c.percent)
		}
		if limit := debug.SetMemoryLimit(-1); limit != c.limit {
			t.Errorf("%s: the limit is %d, want %d", name, limit, c.limit)
		}
		if threads := runtime.GOMAXPROCS(0); threads != c.threads {
			t.Errorf("%s: %d threads run Go at once, want %d", name, threads, c.threads)
		}
	}
}
