package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/fluxa/fluxa/cli/console"
)

type versionCommand struct{}

// Run prints the version that the Go command has stamped: a tag, or the revision
// and whether it was changed.
func (versionCommand) Run(c console.Console) error {
	version := "(devel)"
	if build, ok := debug.ReadBuildInfo(); ok && build.Main.Version != "" {
		version = build.Main.Version
	}
	fmt.Fprintf(c.Out, "fluxa %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
