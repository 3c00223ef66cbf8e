package stack_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// project loads docker-compose.yml as Docker Compose does. Where no engine runs,
// this is what can be known of it.
func project(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../../docker-compose.yml"}, cli.WithInterpolation(true), cli.WithResolvedPaths(true))
	if err != nil {
		t.Fatal(err)
	}
	p, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func env(t *testing.T, s types.ServiceConfig, name string) string {
	t.Helper()
	value := s.Environment[name]
	if value == nil {
		t.Fatalf("service %s has no %s", s.Name, name)
	}
	return *value
}

func TestCompose_agrees_with_the_stack(t *testing.T) {
	t.Parallel()
	p := project(t)
	app, database := p.Services["fluxa"], p.Services["postgres"]

	t.Run("the database URL names the other container", func(t *testing.T) {
		t.Parallel()
		u, err := url.Parse(env(t, app, "DATABASE_URL"))
		if err != nil {
			t.Fatal(err)
		}
		password, _ := u.User.Password()
		want := []string{env(t, database, "POSTGRES_USER"), env(t, database, "POSTGRES_PASSWORD"), "/" + env(t, database, "POSTGRES_DB"), "postgres:5432"}
		got := []string{u.User.Username(), password, u.Path, u.Host}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("DATABASE_URL has %q, the service says %q", got, want)
		}
		if d, ok := app.DependsOn["postgres"]; !ok || d.Condition != types.ServiceConditionHealthy || database.HealthCheck == nil {
			t.Error("the stack must wait until PostgreSQL is healthy")
		}
	})
	t.Run("the published ports are those the stack takes, on this machine only", func(t *testing.T) {
		t.Parallel()
		port, err := strconv.Atoi(env(t, app, "PORT"))
		if err != nil {
			t.Fatal(err)
		}
		for i, published := range app.Ports {
			if int(published.Target) != port+i || published.Published != strconv.Itoa(port+i) || published.HostIP != "127.0.0.1" {
				t.Errorf("port %d is %+v, want %d on 127.0.0.1", i, published, port+i)
			}
		}
		if len(app.Ports) != 2 || env(t, app, "FLUXA_HOST") != "0.0.0.0" {
			t.Errorf("the API and the AWS endpoint must be reachable: %+v", app.Ports)
		}
	})
	t.Run("the data is on a volume, and there is time to stop", func(t *testing.T) {
		t.Parallel()
		command := dockerfile(t)
		if !strings.Contains(command, `"--dir", "`+app.Volumes[0].Target+`"`) {
			t.Errorf("the stack's folder in the Dockerfile is not the volume %s", app.Volumes[0].Target)
		}
		if app.StopGracePeriod == nil || time.Duration(*app.StopGracePeriod) <= 30*time.Second {
			t.Error("the stack takes up to 30 s to stop")
		}
	})
}

func dockerfile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDockerfile_copies_what_is_there(t *testing.T) {
	t.Parallel()
	text := dockerfile(t)
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] != "COPY" || strings.HasPrefix(fields[1], "--") {
			continue
		}
		for _, source := range fields[1 : len(fields)-1] {
			if _, err := os.Stat(filepath.Join("../..", source)); err != nil {
				t.Errorf("COPY %s: %v", source, err)
			}
		}
	}
	work, err := os.ReadFile("../../go.work")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(work)) {
		module, ok := strings.CutPrefix(strings.TrimSpace(line), "./")
		copied, dropped := strings.Contains(text, "COPY "+module+" "+module), strings.Contains(text, "go work edit -dropuse=./"+module+"\n")
		if ok && copied == dropped {
			t.Errorf("the module %s of go.work must be copied or dropped", module)
		}
	}
	if !strings.Contains(text, "golang:1.26.8") {
		t.Error("the image's Go is not the one that the packages are built with")
	}
}
