// Command export writes Fluxa's Terraform from a synthesized cloud assembly:
// export -in cdk.out -out infra/terraform. With -check it writes nothing, and
// fails when the folder holds something else.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/fluxa/fluxa/cdk/terraform"
)

func main() {
	in := flag.String("in", "cdk.out", "the cloud assembly, with all stages")
	out := flag.String("out", "infra/terraform", "the folder to write")
	check := flag.Bool("check", false, "compare only")
	flag.Parse()
	if err := run(*in, *out, *check); err != nil {
		fmt.Fprintln(os.Stderr, "export:", err)
		os.Exit(1)
	}
}

func run(in, out string, check bool) error {
	files, err := terraform.Generate(in)
	if err != nil {
		return err
	}
	if !check {
		return files.Write(out)
	}
	stale, err := files.Differ(out)
	if err == nil && len(stale) > 0 {
		return fmt.Errorf("%s is not what the export writes now: %s; run make terraform-export", out, strings.Join(stale, ", "))
	}
	return err
}
