package database_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/database"
	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
)

const secretARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:fluxa-db"

// newBase speaks to an endpoint that has one secret, and sends its spans to the
// collector when there is one.
func newBase(t *testing.T, secret, collector string) (boot.Base, *lambdatest.AWS) {
	t.Helper()
	aws := lambdatest.StartAWS(t)
	aws.Secret = secret
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_ENDPOINT_URL": aws.URL,
		"OTEL_EXPORTER_OTLP_ENDPOINT": collector, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "", "OTEL_SDK_DISABLED": "", "OTEL_TRACES_SAMPLER": "",
	} {
		t.Setenv(name, value)
	}
	base, err := boot.NewBase(t.Context(), io.Discard, contract.FunctionQuery, config.Service{Environment: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return base, aws
}

func TestOpen_by_URL(t *testing.T) {
	base, _ := newBase(t, "", "")
	store, err := database.Open(base, config.Database{Server: config.Server{URL: config.Secret(pgtest.URL(t)), Port: 5432, Name: "fluxa"}, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOpen_records_statements_without_their_parameters(t *testing.T) {
	var mu sync.Mutex
	var spans strings.Builder
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		spans.Write(body)
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(collector.Close)
	base, _ := newBase(t, "", collector.URL)
	store, err := database.Open(base, config.Database{Server: config.Server{URL: config.Secret(pgtest.MigratedURL(t))}, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	ctx, end := base.Traces.Invocation(t.Context(), "GET /events/{event_id}", "")
	if _, err := store.Status(ctx, event.Identity{ID: "hunter2"}); err == nil {
		t.Error("there is such an event")
	}
	end(nil)
	if err := base.Traces.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if got := spans.String(); !strings.Contains(got, "FROM idempotency_keys") || strings.Contains(got, "hunter2") {
		t.Errorf("spans %q", got)
	}
}

// refuseTLS is a server that has no certificate, as far as a client gets.
func refuseTLS(t *testing.T) (port int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			request := make([]byte, 8) // an SSLRequest
			if _, err := io.ReadFull(conn, request); err == nil {
				_, err = conn.Write([]byte{'N'})
				if err != nil {
					t.Error(err)
				}
			}
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		served.Wait()
	})
	return listener.Addr().(*net.TCPAddr).Port
}

func TestOpen_by_user_connects_without_a_call_and_never_without_TLS(t *testing.T) {
	base, aws := newBase(t, "", "")
	server := config.Server{Host: "127.0.0.1", Port: refuseTLS(t), Name: "events"}
	store, err := database.Open(base, config.Database{Server: server, User: "fluxa_query", MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	err = store.Ping(t.Context())
	if err == nil || !strings.Contains(err.Error(), "user=fluxa_query database=events") || !strings.Contains(err.Error(), "server refused TLS connection") ||
		strings.Contains(err.Error(), "X-Amz") {
		t.Errorf("error %v", err)
	}
	if calls := aws.Calls(); len(calls) != 0 {
		t.Errorf("calls %q", calls)
	}
}

func TestAdministrator_has_the_user_and_the_password_of_the_secret(t *testing.T) {
	base, aws := newBase(t, `{"username":"fluxa","password":"hunter2"}`, "")
	server := config.Server{Host: "db.example", Port: 6543, Name: "events"}
	c, err := database.Administrator(t.Context(), base, config.Administration{Server: server, SecretARN: secretARN})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(c.Host, c.Port, c.Database, c.User, c.Password); got != fmt.Sprint("db.example", uint16(6543), "events", "fluxa", "hunter2") {
		t.Errorf("got %s", got)
	}
	if c.TLSConfig == nil || c.TLSConfig.ServerName != "db.example" || c.TLSConfig.InsecureSkipVerify {
		t.Errorf("TLS %+v", c.TLSConfig)
	}
	if c.ConnectTimeout < 45*time.Second {
		t.Errorf("waits %s for a database that may take 30 s and more to resume", c.ConnectTimeout)
	}
	if calls := aws.Calls(); !slices.Equal(calls, []string{"secretsmanager.GetSecretValue"}) {
		t.Errorf("calls %q", calls)
	}
	aws.Fail = func(string) bool { return true }
	if _, err := database.Administrator(t.Context(), base, config.Administration{Server: server, SecretARN: secretARN}); err == nil ||
		!strings.Contains(err.Error(), secretARN) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}

// The instance has a certificate of Amazon RDS in its region, a proxy a public one.
func TestAdministrator_trusts_the_region_s_roots_in_the_CA_file_alone_and_without_one_the_system(t *testing.T) {
	base, _ := newBase(t, `{"username":"fluxa","password":"hunter2"}`, "")
	const bundle = "../../cmd/package/rds-ca.pem" // what the functions' packages carry
	rest, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	roots, number := x509.NewCertPool(), 0
	for block, rest := pem.Decode(rest); block != nil; block, rest = pem.Decode(rest) {
		root, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(root.Subject.CommonName, "Amazon RDS eu-west-1 Root CA ") {
			roots.AddCert(root)
			number++
		}
	}
	if number != 3 {
		t.Fatalf("the bundle holds %d roots of the region, want 3", number)
	}
	for file, want := range map[string]*x509.CertPool{bundle: roots, "": nil} {
		settings := config.Administration{Server: config.Server{Host: "db.example", Port: 5432, Name: "events", CAFile: file}, SecretARN: secretARN}
		c, err := database.Administrator(t.Context(), base, settings)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.TLSConfig.RootCAs; (got == nil) != (want == nil) || got != nil && !got.Equal(want) ||
			c.TLSConfig.InsecureSkipVerify || c.TLSConfig.ServerName != "db.example" {
			t.Errorf("CA file %q: TLS %+v", file, c.TLSConfig)
		}
	}
}

func TestOpen_names_the_setting_that_is_wrong_and_no_password(t *testing.T) {
	base, _ := newBase(t, "", "")
	const twice = "postgres://u:hunter2@h/d?password=hunter2&sslmode=hunting"
	for name, c := range map[string]struct {
		settings config.Database
		want     string
	}{
		"no user":           {config.Database{Server: config.Server{Host: "h", Port: 5432, Name: "n"}}, "rdsiam: User is required"},
		"no host":           {config.Database{Server: config.Server{Port: 5432, Name: "n"}, User: "u"}, "rdsiam: Host is required"},
		"a TLS mode":        {config.Database{Server: config.Server{URL: "postgres://u:hunter2@h/d?sslmode=hunting"}}, "sslmode is invalid"},
		"a password twice":  {config.Database{Server: config.Server{URL: twice}}, "sslmode is invalid"},
		"a missing CA file": {config.Database{Server: config.Server{Host: "h", Port: 5432, Name: "n", CAFile: "/nonexistent/ca.pem"}, User: "u"}, "/nonexistent/ca.pem"},
	} {
		if _, err := database.Open(base, c.settings); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		settings config.Administration
		want     string
	}{
		"no secret": {config.Administration{Server: config.Server{Host: "h", Name: "n"}}, "secretsmanager: the ARN must name a secret, got"},
		"no host":   {config.Administration{Server: config.Server{Name: "n"}, SecretARN: secretARN}, "pgstore: URL or Host is required"},
	} {
		if _, err := database.Administrator(t.Context(), base, c.settings); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
