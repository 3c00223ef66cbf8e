// Package buildflags says how the functions are compiled, once: for their zips, the
// local stack, the tests and the benchmarks. The Makefile reads the same file.
package buildflags

import (
	_ "embed"
	"strings"
)

// flags has a flag a line, that of the linker last.
//
//go:embed flags.txt
var flags string

// All returns the flags for go build, with further flags for the linker.
func All(linker ...string) []string {
	all := strings.Split(strings.TrimSpace(flags), "\n")
	all[len(all)-1] = strings.Join(append(all[len(all)-1:], linker...), " ")
	return all
}
