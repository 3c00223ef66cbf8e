package postgres

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]struct {
		version string
		major   int
	}{
		"postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n": {"15.13", 15},
		"postgres (PostgreSQL) 17.9\n":                           {"17.9", 17},
		"postgres (PostgreSQL) 9.6.24\n":                         {"9.6.24", 9},
		"postgres (PostgreSQL) 19beta1\n":                        {"19beta1", 19},
		"postgres (EnterpriseDB) 15\n":                           {"", 0},
		"":                                                       {"", 0},
	} {
		version, major, err := parseVersion(answer)
		if version != want.version || major != want.major || (err == nil) != (want.major != 0) {
			t.Errorf("%q: got %q, %d, %v", answer, version, major, err)
		}
	}
}

// fakeInstallation writes a server program that only knows its version.
func fakeInstallation(t *testing.T, version string, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, program := range programs {
		script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
		if err := os.WriteFile(filepath.Join(dir, program), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestInstalled(t *testing.T) {
	t.Parallel()
	old := fakeInstallation(t, "13.22", "postgres", "initdb")
	clientOnly := fakeInstallation(t, "16.1", "postgres")
	fifteen := fakeInstallation(t, "15.2", "postgres", "initdb")
	seventeen := fakeInstallation(t, "17.0", "postgres", "initdb")
	all := []string{old, clientOnly, fifteen, seventeen}

	t.Run("takes the first that is new enough and complete", func(t *testing.T) {
		t.Parallel()
		found, _ := installed(context.Background(), all, 0)
		if found.dir != fifteen || found.version != "15.2" || found.major != 15 {
			t.Errorf("found %+v", found)
		}
	})
	t.Run("takes the version that made the data", func(t *testing.T) {
		t.Parallel()
		if found, _ := installed(context.Background(), all, 17); found.dir != seventeen {
			t.Errorf("found %+v", found)
		}
	})
	t.Run("says of each why it does not fit", func(t *testing.T) {
		t.Parallel()
		found, rejected := installed(context.Background(), all, 16)
		want := []string{
			old + " has version 13.22", clientOnly + " has no initdb",
			fifteen + " has version 15.2", seventeen + " has version 17.0",
		}
		if found.dir != "" || !slices.Equal(rejected, want) {
			t.Errorf("found %+v, rejected %q, want %q", found, rejected, want)
		}
	})
}

func TestInstalledDirs_asks_pg_config(t *testing.T) {
	installation, path := fakeInstallation(t, "17.0", "postgres", "initdb"), t.TempDir()
	script := "#!/bin/sh\n[ \"$1\" = --bindir ] && echo '" + installation + "'\n"
	if err := os.WriteFile(filepath.Join(path, "pg_config"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", path)
	if dirs := installedDirs(context.Background(), ""); len(dirs) == 0 || dirs[0] != installation {
		t.Errorf("found %q, want %q first", dirs, installation)
	}
}

func TestFindBinaries_says_what_is_missing(t *testing.T) {
	t.Parallel()
	old := fakeInstallation(t, "13.22", "postgres", "initdb")
	broken := t.TempDir()
	for program, script := range map[string]string{
		"postgres": "#!/bin/sh\necho 'libssl.so.3: cannot open shared object file' >&2\nexit 127\n",
		"initdb":   "#!/bin/sh\n",
	} {
		if err := os.WriteFile(filepath.Join(broken, program), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, test := range map[string]struct {
		cfg   Config
		major int
		want  string
	}{
		"too old": {
			Config{source: sourceInstalled, binDir: old}, 0,
			"PostgreSQL 14 or newer is not in FLUXA_POSTGRES_BIN=" + old + " (" + old + " has version 13.22): install it with initdb, or set FLUXA_POSTGRES=download to have it downloaded"},
		"data of a version that is not here": {
			Config{source: sourceAuto, binDir: old, Dir: "/data"}, 12,
			"PostgreSQL 12, which made the data in /data is not in FLUXA_POSTGRES_BIN=" + old + " (" + old + " has version 13.22): install it with initdb, or set FLUXA_POSTGRES=download to have it downloaded"},
		"a library is missing": {
			Config{source: sourceAuto, binDir: broken}, 0,
			"PostgreSQL 14 or newer is not in FLUXA_POSTGRES_BIN=" + broken + " (" + broken + "/postgres --version: exit status 127 (libssl.so.3: cannot open shared object file)): install it with initdb, or set FLUXA_POSTGRES=download to have it downloaded"},
		"data of a version that is not to be downloaded": {
			Config{source: sourceDownload, Dir: "/data"}, 12,
			"the data in /data was made by PostgreSQL 12, which is not installed (to download there is 17): install PostgreSQL 12, or move the folder away to start afresh"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := findBinaries(context.Background(), test.cfg, test.major)
			if err == nil || err.Error() != test.want {
				t.Fatalf("error = %v\nwant    %s", err, test.want)
			}
		})
	}
}

func TestExisting_follows_links_and_names_each_place_once(t *testing.T) {
	t.Parallel()
	real := fakeInstallation(t, "15.2", "postgres", "initdb")
	linked := t.TempDir()
	if err := os.Symlink(filepath.Join(real, "postgres"), filepath.Join(linked, "postgres")); err != nil {
		t.Fatal(err)
	}
	want, err := filepath.EvalSymlinks(real)
	if err != nil {
		t.Fatal(err)
	}
	if got := existing([]string{linked, real, t.TempDir()}); !slices.Equal(got, []string{want}) {
		t.Fatalf("existing = %q, want %q", got, want)
	}
}

func TestNumberIn(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{
		"/usr/lib/postgresql/15/bin": 15, "/opt/homebrew/opt/postgresql@17/bin": 17, "/usr/local/pgsql/bin": 0,
	} {
		if got := numberIn(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

func TestServerEnv_drops_what_would_change_the_server(t *testing.T) {
	t.Parallel()
	got := serverEnv([]string{"PATH=/bin", "PGDATA=/x", "PGPORT=1", "LC_ALL=de_DE", "LANG=de_DE", "LANGUAGE=de", "HOME=/h"})
	if want := "PATH=/bin HOME=/h LC_ALL=C"; strings.Join(got, " ") != want {
		t.Fatalf("got %q, want %q", got, want)
	}
}
