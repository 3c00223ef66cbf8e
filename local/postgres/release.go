package postgres

import (
	"fmt"
	"os"
	"strings"
)

// defaultRepository is Maven Central, where zonky publishes the archives
// (https://github.com/zonkyio/embedded-postgres-binaries, "Usage"): for each
// platform an artifact io.zonky.test.postgres:embedded-postgres-binaries-PLATFORM,
// whose jar holds one .txz.
const defaultRepository = "https://repo1.maven.org/maven2"

// release is one pinned archive of server binaries. The checksum is of the whole
// archive as the repository serves it, and is the only thing trusted about it.
type release struct {
	platform string
	version  string
	sha256   string
}

// releases are all of one major version, so that data made with one of them can
// be read with the next.
func releases() []release {
	return []release{
		{"linux-amd64", "17.9.0", "57b8f1c7eedfbbe6dae6b8f6bf329223832866c845e9b83b79627b94215dd162"},
		{"linux-amd64-alpine", "17.9.0", "205a7824c8c012bc558e255836e763a6f41980c0d1f453d21ace78d46e0b84de"},
		{"linux-arm64v8", "17.5.0", "e02f27ff50ff2d90b6541d54f3f108505aacd84ea53c2890e976a684bfea2752"},
		{"darwin-amd64", "17.9.0", "33b6ef08bf75546c15473e80ec0865be7fba49bd811a2a268f944dce46b52ee9"},
		{"darwin-arm64v8", "17.9.0", "668ce99db56370e124020163fba3d7c3d2a9bfbbdf2d93a1a02ad8d4950b9a38"},
	}
}

func releaseFor(goos, goarch string, musl bool) (release, error) {
	platform := goos + "-" + goarch
	if goarch == "arm64" {
		platform += "v8"
	}
	if musl {
		platform += "-alpine"
	}
	for _, r := range releases() {
		if r.platform == platform {
			return r, nil
		}
	}
	return release{}, fmt.Errorf("no PostgreSQL to download for %s: install PostgreSQL %d or newer, or set DATABASE_URL", platform, minMajor)
}

func muslSystem() bool {
	_, err := os.Stat("/etc/alpine-release")
	return err == nil
}

func (r release) name() string { return r.version + "-" + r.platform }

func (r release) major() string {
	major, _, _ := strings.Cut(r.version, ".")
	return major
}

// url follows the layout of a Maven repository: group/artifact/version/artifact-version.jar.
func (r release) url(repository string) string {
	artifact := "embedded-postgres-binaries-" + r.platform
	return fmt.Sprintf("%s/io/zonky/test/postgres/%s/%s/%s-%s.jar",
		strings.TrimRight(repository, "/"), artifact, r.version, artifact, r.version)
}
