package postgres

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archiveOf wraps files into a zip, as the releases are.
func archiveOf(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	jar := zip.NewWriter(&buffer)
	for name, content := range files {
		entry, err := jar.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := jar.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// tinyArchive is a release in small: testdata/tiny.txz is made with tar and xz
// and holds bin/postgres and bin/initdb (shell scripts), a file of mode 0600, and
// a library with a link to it.
func tinyArchive(t *testing.T) []byte {
	t.Helper()
	packed, err := os.ReadFile("testdata/tiny.txz")
	if err != nil {
		t.Fatal(err)
	}
	return archiveOf(t, map[string][]byte{"META-INF/MANIFEST.MF": []byte("Manifest-Version: 1.0\n"), "postgres-linux-x86_64.txz": packed})
}

func writeTemp(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "archive")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExtractArchive_keeps_programs_links_and_readable_files(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := extractArchive(writeTemp(t, tinyArchive(t)), dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{
		"bin": 0o755, "share": 0o755, "lib": 0o755,
		"bin/postgres": 0o755, "bin/initdb": 0o755, "lib/libx.so.1": 0o644, "share/sample.txt": 0o644,
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, error %v; want mode %v", name, info.Mode().Perm(), err, want)
		}
	}
	if content, err := os.ReadFile(filepath.Join(dir, "lib", "libx.so")); err != nil || string(content) != "lib\n" {
		t.Errorf("through the link: %q, %v", content, err)
	}
}

func TestExtractArchive_refuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		archive []byte
		want    string
	}{
		"what is no zip":              {[]byte("<html>sign in</html>"), "open the archive: zip: not a valid zip file"},
		"a zip without the binaries":  {archiveOf(t, map[string][]byte{"README": nil}), "the archive holds no .txz file"},
		"binaries that are no xz":     {archiveOf(t, map[string][]byte{"x.txz": []byte("plain text, twelve bytes and more")}), "read x.txz: xz: file format not recognized"},
		"an xz that breaks off early": {archiveOf(t, map[string][]byte{"x.txz": truncated(t, "testdata/tiny.txz", 200)}), "xz: data is truncated or corrupt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := extractArchive(writeTemp(t, test.archive), t.TempDir())
			if err == nil || !strings.HasSuffix(err.Error(), test.want) {
				t.Fatalf("error = %v, want %q", err, test.want)
			}
		})
	}
}

func truncated(t *testing.T, path string, size int) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content[:size]
}

func TestExtractTar_writes_nothing_outside(t *testing.T) {
	t.Parallel()
	for name, entries := range map[string][]tar.Header{
		"a name that climbs":       {{Name: "../evil", Typeflag: tar.TypeReg, Mode: 0o644}},
		"an absolute name":         {{Name: "/evil", Typeflag: tar.TypeReg, Mode: 0o644}},
		"a link that climbs":       {{Name: "lib/l", Typeflag: tar.TypeSymlink, Linkname: "../../evil"}},
		"an absolute link":         {{Name: "l", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}},
		"a device":                 {{Name: "null", Typeflag: tar.TypeChar, Mode: 0o666}},
		"a hard link":              {{Name: "h", Typeflag: tar.TypeLink, Linkname: "../evil"}},
		"more bytes than a gibi":   {{Name: "big", Typeflag: tar.TypeReg, Size: 1<<30 + 1, Mode: 0o644}},
		"a file that is there yet": {{Name: "a", Typeflag: tar.TypeReg, Mode: 0o644}, {Name: "a", Typeflag: tar.TypeReg, Mode: 0o644}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var packed bytes.Buffer
			writer := tar.NewWriter(&packed)
			for _, header := range entries {
				if err := writer.WriteHeader(&header); err != nil {
					t.Fatal(err)
				}
			}
			parent := t.TempDir()
			dir := filepath.Join(parent, "in")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := extractTar(&packed, dir); err == nil {
				t.Fatal("it was extracted without an error")
			}
			if outside, err := os.ReadDir(parent); err != nil || len(outside) != 1 {
				t.Fatalf("outside of the folder: %v, %v", outside, err)
			}
		})
	}
}
