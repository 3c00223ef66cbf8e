package main

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
)

// TestRun_zip builds one function with a database and the one without, twice: the
// others differ in nothing that counts here, and each takes its time.
func TestRun_zip_is_an_executable_for_Lambda_and_the_same_bytes_every_time(t *testing.T) {
	t.Parallel()
	var zips [2]map[contract.Function][]byte
	for i := range zips {
		var log bytes.Buffer
		out := filepath.Join(t.TempDir(), "dist")
		if err := run(t.Context(), &log, out, []string{"ingest", "query"}, budgets()); err != nil {
			t.Fatalf("%v\n%s", err, log.Bytes())
		}
		if names := list(t, out); !slices.Equal(names, []string{"ingest.zip", "query.zip"}) {
			t.Errorf("it wrote %q", names)
		}
		zips[i] = map[contract.Function][]byte{}
		for _, function := range []contract.Function{contract.FunctionIngest, contract.FunctionQuery} {
			raw, err := os.ReadFile(filepath.Join(out, string(function)+".zip"))
			if err != nil {
				t.Fatal(err)
			}
			zips[i][function] = raw
		}
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for function, raw := range zips[0] {
		if again := zips[1][function]; !bytes.Equal(raw, again) {
			t.Errorf("two runs differ: %d and %d bytes", len(raw), len(again))
		}
		content := unpack(t, function, raw)
		file, err := elf.NewFile(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		if file.Machine != elf.EM_AARCH64 || file.Section(".interp") != nil || file.Section(".symtab") != nil {
			t.Errorf("machine %s, dynamically linked: %v, with symbols: %v", file.Machine, file.Section(".interp") != nil, file.Section(".symtab") != nil)
		}
		if bytes.Contains(content, []byte(root+"/functions/")) {
			t.Error("the binary holds the path of its source")
		}
	}
}

// unpack returns the executable of a zip, which must have it first and then, for a
// function that config gives a CA file, the roots of Amazon RDS, and no more.
func unpack(t *testing.T, function contract.Function, raw []byte) (executable []byte) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	names, contents := []string{}, [][]byte{}
	for _, entry := range archive.File {
		names = append(names, entry.Mode().String()+" "+entry.Name)
		if !entry.Modified.Equal(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)) || entry.Method != zip.Deflate {
			t.Errorf("%s: entry %q, time %s, method %d", function, entry.Name, entry.Modified, entry.Method)
		}
		in, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close() // only read
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, content)
	}
	variables := map[contract.Function][]config.Variable{
		contract.FunctionIngest: config.Variables[config.Ingest](), contract.FunctionProcessor: config.Variables[config.Processor](),
		contract.FunctionQuery: config.Variables[config.Query](), contract.FunctionMigrate: config.Variables[config.Migrate](),
		contract.FunctionMaintain: config.Variables[config.Maintain](), contract.FunctionVerify: config.Variables[config.Verify](),
		contract.FunctionAuthorize: config.Variables[config.Authorize](),
	}[function]
	want := []string{"-rwxr-xr-x bootstrap"}
	if slices.ContainsFunc(variables, func(v config.Variable) bool { return v.Name == "DB_CA_FILE" }) {
		want = append(want, "-rw-r--r-- rds-ca.pem")
	}
	if len(variables) == 0 || !slices.Equal(names, want) {
		t.Fatalf("%s: entries %q, want %q", function, names, want)
	}
	if file, err := os.ReadFile("rds-ca.pem"); len(contents) == 2 && (err != nil || !bytes.Equal(contents[1], file)) {
		t.Errorf("%s: the roots are not those of the file (%v)", function, err)
	}
	return contents[0]
}

func list(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestPack_depends_on_the_function_and_the_content_alone(t *testing.T) {
	t.Parallel()
	for _, function := range contract.Packaged() {
		var zips [2]bytes.Buffer
		for i := range zips {
			binary := filepath.Join(t.TempDir(), strings.Repeat("b", i+1))
			if err := os.WriteFile(binary, []byte("a binary"), []os.FileMode{0o600, 0o777}[i]); err != nil {
				t.Fatal(err)
			}
			if err := pack(&zips[i], function, binary); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(zips[0].Bytes(), zips[1].Bytes()) {
			t.Errorf("%s: name, time or mode of the file enter the zip", function)
		}
		if content := unpack(t, function, zips[0].Bytes()); string(content) != "a binary" {
			t.Errorf("%s: content %q", function, content)
		}
	}
	absent := filepath.Join(t.TempDir(), "absent")
	if err := pack(io.Discard, contract.FunctionIngest, absent); err == nil || !strings.HasPrefix(err.Error(), "open the binary: ") {
		t.Errorf("error %v", err)
	}
}

func TestBuilder_tells_of_a_build_that_fails_and_leaves_nothing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	out := t.TempDir()
	if err := (builder{&log, out}).zips(t.Context(), []contract.Function{"absent"}); err == nil || err.Error() != "go build: exit status 1" {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(log.String(), "functions/absent") {
		t.Errorf("the Go tool said %s", log.Bytes())
	}
	if names := list(t, out); len(names) != 0 {
		t.Errorf("it left %q", names)
	}
}

func TestRun_a_cancelled_build_packs_nothing(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	out := t.TempDir()
	err := run(cancelled, io.Discard, out, nil, budgets())
	if !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "go build: ") || len(list(t, out)) != 0 {
		t.Errorf("error %v, it left %q", err, list(t, out))
	}
}

func TestRun_refuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		out       string
		functions []string
		want      string
	}{
		"a function it does not know":   {t.TempDir(), []string{"ingest", "reports"}, `there is no function "reports", only ["ingest" "processor" "query" "migrate" "maintain" "verify" "authorize"]`},
		"an output folder that is none": {file, nil, "make the output folder: mkdir " + file + ": not a directory"},
	} {
		if err := run(t.Context(), io.Discard, c.out, c.functions, budgets()); err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestReplace_keeps_what_was_there_when_writing_fails(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	target := filepath.Join(folder, "ingest.zip")
	write := func(text string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, wrote := io.WriteString(w, text)
			return errors.Join(wrote, err)
		}
	}
	if err := replace(target, write("old", nil)); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left")
	if err := replace(target, write("ne", full)); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
	content, err := os.ReadFile(target)
	if names := list(t, folder); err != nil || string(content) != "old" || len(names) != 1 {
		t.Errorf("content %q, files %q, error %v", content, names, err)
	}
	if info, err := os.Stat(target); err != nil || info.Mode() != 0o644 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	if err := replace(filepath.Join(folder, "absent", "x.zip"), write("", nil)); err == nil || !strings.HasPrefix(err.Error(), "create ") {
		t.Errorf("error %v", err)
	}
	if err := os.Mkdir(filepath.Join(folder, "taken"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := replace(filepath.Join(folder, "taken"), write("new", nil)); err == nil || !strings.HasPrefix(err.Error(), "put ") {
		t.Errorf("error %v", err)
	}
	if names := list(t, folder); len(names) != 2 {
		t.Errorf("files %q", names)
	}
}
