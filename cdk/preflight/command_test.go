package preflight

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/contract"
)

// assembly writes that of a stage with one stack, which has nothing.
func assembly(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "assembly-dev"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"manifest.json":              `{"artifacts":{"assembly-dev":{"type":"cdk:cloud-assembly","displayName":"dev","properties":{"directoryName":"assembly-dev"}}}}`,
		"assembly-dev/manifest.json": `{"artifacts":{"a":{"type":"aws:cloudformation:stack","environment":"aws://unknown-account/unknown-region","properties":{"templateFile":"a.json","stackName":"a","requiresBootstrapStackVersion":6}}}}`,
		"assembly-dev/a.json":        `{"Resources":{}}`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// TestCommand sets the environment that the SDK reads, so it is not parallel.
func TestCommand_writes_each_check_as_a_line(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": *healthy().serve(t).BaseEndpoint, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	folder := assembly(t)
	var out, said bytes.Buffer
	if code := Command(t.Context(), []string{"-assembly", folder, "-stage", "dev", "-region", "us-east-1"}, &out, &said); code != 0 || said.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, &said)
	}
	var names []string
	for line := range strings.Lines(out.String()) {
		var check contract.Check
		if err := json.Unmarshal([]byte(line), &check); err != nil || check.Status != contract.CheckPassed || check.Detail == "" {
			t.Errorf("%s: %v", line, err)
		}
		names = append(names, check.Name)
	}
	if want := "account bootstrap zones network lambda rds api logs stacks"; strings.Join(names, " ") != want {
		t.Errorf("got %q, want %q", names, want)
	}

	for args, want := range map[string]string{
		"-assembly " + folder + " -stage dev":                    "the AWS region is not known: give --region or AWS_REGION\n",
		"-assembly " + folder + " -stage prod -region us-east-1": folder + " has no stage \"prod\": it has dev\n",
	} {
		out.Reset()
		said.Reset()
		if code := Command(t.Context(), strings.Fields(args), &out, &said); code != 1 || out.Len() > 0 || said.String() != want {
			t.Errorf("%s: exit code %d, %q, %q", args, code, &out, &said)
		}
	}
	if code := Command(t.Context(), []string{"-zone"}, &out, &said); code != 1 || !strings.Contains(said.String(), "-zone") {
		t.Errorf("exit code %d, %q", code, &said)
	}
}
