package terraform

import (
	"archive/zip"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/stack"
	settings "github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/cdk/terraform/internal/terraformcli"
	"github.com/fluxa/fluxa/pkg/contract"
)

// object is a decoded JSON object.
type object = map[string]any

// made is a cloud assembly and the Terraform of it, each made when it is first
// asked for.
type made struct {
	assembly   func() (string, error)
	repository func() (string, error) // a folder with infra/terraform and dist
}

// Everything that takes its time is made once: the assemblies of the deployed
// stages, those of variations of them, and Terraform.
var (
	update     = flag.Bool("update", false, "write the golden files")
	deployed   made
	variations map[string]made
	terraform  func() (*terraformcli.Terraform, error)
)

// synthesisFolder names the variable with which this test program is started once
// more, to synthesize into a folder and nothing else.
const synthesisFolder = "FLUXA_TEST_SYNTHESIZE"

func TestMain(m *testing.M) {
	if folder := os.Getenv(synthesisFolder); folder != "" {
		os.Setenv("CDK_VALIDATION", "false") // make synth validates the same templates
		if err := synthesizeFor(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(run(m))
}

func run(m *testing.M) (code int) {
	folder, err := os.MkdirTemp("", "fluxa-export-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder) // it is temporary
	deployed, variations = madeIn(folder, asDeployed), map[string]made{}
	for name := range variedStages() {
		variations[name] = madeIn(folder, name)
	}
	var started *terraformcli.Terraform
	terraform = sync.OnceValues(func() (*terraformcli.Terraform, error) {
		var err error
		started, err = terraformcli.New(context.Background(), cmp.Or(os.Getenv("TERRAFORM"), "terraform"))
		return started, err
	})
	defer func() {
		if started != nil {
			if err := started.Close(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
		}
	}()
	return m.Run()
}

// startSynthesis synthesizes in a process of its own: jsii waits for its Node from
// two goroutines, which the race detector would report as a fault of these tests.
func startSynthesis(folder string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.Command(program)
	child.Env = append(os.Environ(), synthesisFolder+"="+folder, "GORACE=exitcode=0")
	if out, err := child.CombinedOutput(); err != nil {
		return fmt.Errorf("synthesize the app: %w\n%s", err, out)
	}
	return nil
}

// asDeployed names the assembly of the stages as they are.
const asDeployed = "deployed"

func madeIn(folder, name string) made {
	folder = filepath.Join(folder, name)
	start := sync.OnceValue(func() error { return startSynthesis(folder) })
	assembly := filepath.Join(folder, "cdk.out")
	return made{
		assembly:   func() (string, error) { return assembly, start() },
		repository: sync.OnceValues(func() (string, error) { return generate(folder, assembly, start) }),
	}
}

// synthesizeFor writes the assembly of the variation for which the folder is named.
func synthesizeFor(folder string) error {
	defer jsii.Close()
	stages, err := settings.All()
	if err != nil {
		return err
	}
	if name := filepath.Base(folder); name != asDeployed {
		if stages, err = variedStages()[name].of(stages); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return synthesize(folder, stages)
}

// synthesize writes the assembly of the stages with the context of cdk.json. The
// zips are stand-ins, since the export does not look into them.
func synthesize(folder string, stages []settings.Stage) error {
	raw, err := os.ReadFile(filepath.Join("..", "..", "cdk.json"))
	if err != nil {
		return err
	}
	var file struct{ Context map[string]any }
	if err := json.Unmarshal(raw, &file); err != nil {
		return fmt.Errorf("cdk.json: %w", err)
	}
	file.Context["aws:cdk:enable-path-metadata"], file.Context["aws:cdk:enable-asset-metadata"] = true, true
	zips, out := filepath.Join(folder, "zips"), filepath.Join(folder, "cdk.out")
	if err := writeZips(zips); err != nil {
		return err
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(out), Context: &file.Context, AnalyticsReporting: jsii.Bool(false)})
	if err := stack.AddStages(app, stages, zips); err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}

func writeZips(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, function := range contract.Packaged() {
		file, err := os.Create(filepath.Join(folder, string(function)+".zip"))
		if err != nil {
			return err
		}
		archive := zip.NewWriter(file)
		if _, err := archive.Create("bootstrap"); err != nil {
			return err
		}
		if err := archive.Close(); err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}

// generate writes what a user of the repository has: the Terraform and the zips.
func generate(folder, assembly string, start func() error) (string, error) {
	if err := start(); err != nil {
		return "", err
	}
	files, err := Generate(assembly)
	if err != nil {
		return "", err
	}
	repository := filepath.Join(folder, "repository")
	if err := writeZips(filepath.Join(repository, "dist")); err != nil {
		return "", err
	}
	return repository, files.Write(filepath.Join(repository, "infra", "terraform"))
}

func assemblyFolder(t *testing.T) string {
	t.Helper()
	folder, err := deployed.assembly()
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

func repository(t *testing.T) string {
	t.Helper()
	folder, err := deployed.repository()
	if err != nil {
		t.Fatal(err)
	}
	return folder
}
