package boot

import (
	"runtime"
	"runtime/debug"
	"strconv"
)

// gcPercent lets the heap grow to this much of what is alive before it is collected,
// where the memory allows: a function has a memory of its own, of which one request
// needs little, and a collection costs the same however little it finds.
const gcPercent = 400

// memoryOfOneProcessor is what a function has, in MiB, when it has one processor. Below,
// it has a share of one; above, a share of more
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
const memoryOfOneProcessor = 1769

// useMemory tunes the runtime to the function's memory, unless GOGC, GOMEMLIMIT and
// GOMAXPROCS say otherwise. An eighth is left for the binary and for what the runtime
// does not count: Lambda ends a function that takes more than its memory. Go counts the
// processors that it sees, which may be more than the function may use; a thread too many
// takes time from the one that works, to wake it and to look for work.
func useMemory(environ func(string) string) {
	if environ("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	size, err := strconv.ParseInt(environ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), 10, 64) // in MiB
	if err != nil || size <= 0 {
		return
	}
	if environ("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(size << 20 / 8 * 7)
	}
	if processors := int(size+memoryOfOneProcessor-1) / memoryOfOneProcessor; environ("GOMAXPROCS") == "" && processors < runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(processors)
	}
}
