package boot

import (
	"runtime/debug"
	"strconv"
)

// gcPercent lets the heap grow to this much of what is alive before it is collected,
// where the memory allows: a function has a memory of its own, of which one request
// needs little, and a collection costs the same however little it finds.
const gcPercent = 400

// useMemory tunes the garbage collector to the function's memory, unless GOGC and
// GOMEMLIMIT say otherwise. An eighth is left for the binary and for what the runtime
// does not count. Lambda ends a function that takes more than its memory.
func useMemory(environ func(string) string) {
	if environ("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	size, err := strconv.ParseInt(environ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), 10, 64) // in MiB
	if err == nil && size > 0 && environ("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(size << 20 / 8 * 7)
	}
}
