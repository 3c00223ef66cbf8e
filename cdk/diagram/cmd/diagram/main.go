// Command diagram draws prod, for light pages and for dark ones: `make diagram`.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fluxa/fluxa/cdk/diagram"
	"github.com/fluxa/fluxa/cdk/template"
)

func main() {
	in := flag.String("in", "cdk.out", "the cloud assembly to read")
	out := flag.String("out", "docs", "the folder to write the pictures to")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		fmt.Fprintln(os.Stderr, "diagram:", err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	stages, err := template.Read(in)
	if err != nil {
		return err
	}
	for _, mode := range []diagram.Mode{diagram.Light, diagram.Dark} {
		svg, err := diagram.Draw(stages, mode)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, mode.File()), svg, 0o644); err != nil {
			return err
		}
	}
	return nil
}
