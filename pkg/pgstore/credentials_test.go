package pgstore_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgmigrate"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/pgstore/pgtest"
	"github.com/fluxa/fluxa/pkg/process/processtest"
	"github.com/fluxa/fluxa/pkg/secretsmanager"
)

// vault is a Secrets Manager with one secret, which it counts the readings of. The
// cache before it is the one that the functions have.
type vault struct {
	mu       sync.Mutex
	secret   string
	err      error
	readings int
}

func (v *vault) GetSecretValue(ctx context.Context, _ *sdk.GetSecretValueInput, _ ...func(*sdk.Options)) (*sdk.GetSecretValueOutput, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.readings++
	if _, bounded := ctx.Deadline(); !bounded {
		return nil, errors.New("the reading is not bounded")
	}
	if v.err != nil {
		return nil, v.err
	}
	return &sdk.GetSecretValueOutput{SecretString: aws.String(fmt.Sprintf(`{"username":"app","password":%q}`, v.secret))}, nil
}

func (v *vault) set(secret string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secret, v.err = secret, err
}

func (v *vault) read() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.readings
}

func (v *vault) credentials(t *testing.T) pgstore.Credentials {
	t.Helper()
	c, err := secretsmanager.New(v, "arn:aws:secretsmanager:eu-west-1:1:secret:fluxa")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// PostgreSQL refuses a password with the one SQLSTATE, RDS Proxy with either.
func TestRotatedPasswordIsFetchedOnce(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"28P01", "28000"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			g := openGate(t, pgtest.URL(t), "old", nil)
			g.refuseWith(state)
			v := &vault{secret: "old"}
			store := open(t, g.config(v.credentials(t)))
			tries := retried(store)
			if err := store.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
			g.setPassword("new")
			v.set("new", nil)
			if err := store.Ping(t.Context()); err != nil {
				t.Errorf("a connection made before the rotation: %v", err)
			}
			g.cutAll()
			for range 3 {
				if err := store.Ping(t.Context()); err != nil {
					t.Errorf("after the rotation: %v", err)
				}
			}
			if n := v.read(); n != 2 {
				t.Errorf("the secret was read %d times, want twice: at first, and after the rotation", n)
			}
			if n := tries.Load(); n != 1 {
				t.Errorf("%d waits, want 1, for the connection that was cut: a fresh password needs none", n)
			}
		})
	}
}

func TestRotatedPasswordIsFetchedOnceForAll(t *testing.T) {
	t.Parallel()
	g := openGate(t, pgtest.URL(t), "new", nil)
	v := &vault{secret: "old"}
	credentials := v.credentials(t)
	if _, _, err := credentials.Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.set("new", nil)
	cfg := g.config(credentials)
	cfg.MaxConns = 8
	store := open(t, cfg)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if err := store.Ping(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := v.read(); n != 2 {
		t.Errorf("the secret was read %d times, want twice: before the rotation, and once for all after it", n)
	}
}

func TestWrongPasswordIsUnavailable(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"28P01", "28000"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			g := openGate(t, pgtest.URL(t), "another", nil)
			g.refuseWith(state)
			v := &vault{secret: "s3cret"}
			store := open(t, g.config(v.credentials(t)))
			tries := retried(store)
			for range 2 {
				err := store.Ping(t.Context())
				if fault.CodeOf(err) != fault.DatabaseUnavailable || !strings.Contains(err.Error(), "SQLSTATE "+state) {
					t.Errorf("got %v", err)
				}
				if strings.Contains(fmt.Sprintf("%v %+v", err, err), "s3cret") {
					t.Errorf("the error shows the password: %v", err)
				}
			}
			if n := v.read(); n != 3 || tries.Load() != 0 {
				t.Errorf("the secret was read %d times, want once at first and once for each refusal; %d waits", n, tries.Load())
			}
		})
	}
}

func TestCredentialsThatCannotBeFetched(t *testing.T) {
	t.Parallel()
	g := openGate(t, pgtest.URL(t), "new", nil)
	throttled := errors.New("throttled")
	v := &vault{err: throttled}
	store := open(t, g.config(v.credentials(t)))
	if err := store.Ping(t.Context()); fault.CodeOf(err) != fault.DatabaseUnavailable || !errors.Is(err, throttled) {
		t.Errorf("got %v", err)
	}
	v.set("new", nil)
	if err := store.Ping(t.Context()); err != nil {
		t.Errorf("got %v", err)
	}
}

// With a URL there is nothing to fetch: a refused password is the answer.
func TestWrongPasswordOfAURL(t *testing.T) {
	t.Parallel()
	g := openGate(t, pgtest.URL(t), "secret", nil)
	store := open(t, pgstore.Config{URL: fmt.Sprintf("postgres://app:s3cret@%s:%d/any?sslmode=disable", g.host, g.port)})
	tries := retried(store)
	err := store.Ping(t.Context())
	if fault.CodeOf(err) != fault.DatabaseUnavailable || strings.Contains(err.Error(), "s3cret") || tries.Load() != 0 {
		t.Errorf("got %v after %d further tries", err, tries.Load())
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(nil)
	t.Cleanup(server.Close)
	rootCA := filepath.Join(t.TempDir(), "root.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(rootCA, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	url := pgtest.URL(t)
	with := openGate(t, url, "secret", &tls.Config{Certificates: server.TLS.Certificates})
	without := openGate(t, url, "secret", nil)
	cases := []struct {
		name string
		gate *gate
		host string
		mode string
		root string
		ok   bool
	}{
		{"verify_full_is_the_default", with, "127.0.0.1", "", rootCA, true},
		{"unknown_authority", with, "127.0.0.1", "", "", false},
		{"another_host", with, "localhost", "verify-full", rootCA, false},
		{"verify_ca_takes_any_host", with, "localhost", "verify-ca", rootCA, true},
		{"require_takes_any_certificate", with, "127.0.0.1", "require", "", true},
		{"server_without_tls", without, "127.0.0.1", "", rootCA, false},
		{"disable", without, "127.0.0.1", "disable", "", true},
	}
	for _, c := range cases {
		cfg := c.gate.config(constant("secret"))
		cfg.Host, cfg.TLSMode, cfg.RootCAFile = c.host, c.mode, c.root
		store := open(t, cfg)
		retried(store)
		err := store.Ping(t.Context())
		if c.ok && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if !c.ok && fault.CodeOf(err) != fault.DatabaseUnavailable {
			t.Errorf("%s: got %v, want %s", c.name, err, fault.DatabaseUnavailable)
		}
	}
}

// What is no statement of the store, such as a migration, connects as it does.
func TestConnConfig(t *testing.T) {
	t.Parallel()
	g := openGate(t, pgtest.URL(t), "secret", nil)
	config, err := g.config(constant("secret")).ConnConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if applied, err := pgmigrate.UpWith(t.Context(), config); err != nil || len(applied) != 5 {
		t.Errorf("through the gate: applied %v, %v", applied, err)
	}
	config, err = pgstore.Config{URL: pgtest.URL(t)}.ConnConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if applied, err := pgmigrate.UpWith(t.Context(), config); err != nil || len(applied) != 5 {
		t.Errorf("with a URL: applied %v, %v", applied, err)
	}

	throttled := errors.New("throttled")
	v := &vault{err: throttled}
	if _, err := g.config(v.credentials(t)).ConnConfig(t.Context()); !errors.Is(err, throttled) {
		t.Errorf("got %v, want %v", err, throttled)
	}
	for _, cfg := range []pgstore.Config{{}, {URL: "postgres://u:s3cret@h:port/d"}} {
		if _, err := cfg.ConnConfig(t.Context()); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("got %v", err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	host := pgstore.Config{Host: "h", Name: "d", Credentials: constant("s3cret")}
	cases := map[string]struct {
		change func(*pgstore.Config)
		want   string
	}{
		"nothing":            {func(c *pgstore.Config) { *c = pgstore.Config{} }, "pgstore: URL or Host is required"},
		"both":               {func(c *pgstore.Config) { c.URL = "postgres://h/d" }, "pgstore: URL stands alone: Host, Port, Name, Credentials, TLSMode, RootCAFile and RootCAName must be empty beside it"},
		"no_name":            {func(c *pgstore.Config) { c.Name = "" }, "pgstore: Name, the database's, is required with Host"},
		"no_credentials":     {func(c *pgstore.Config) { c.Credentials = nil }, "pgstore: Credentials is required with Host"},
		"tls_mode":           {func(c *pgstore.Config) { c.TLSMode = "on" }, `pgstore: TLSMode is "on", it must be one of disable, allow, prefer, require, verify-ca, verify-full`},
		"too_many":           {func(c *pgstore.Config) { c.MaxConns = 101 }, "pgstore: MaxConns is 101, it must be 1 to 100"},
		"negative":           {func(c *pgstore.Config) { c.MaxConns = -1 }, "pgstore: MaxConns is -1, it must be 1 to 100"},
		"connect_timeout":    {func(c *pgstore.Config) { c.ConnectTimeout = -1 }, "pgstore: ConnectTimeout is -1ns, it must not be negative"},
		"statement_timeout":  {func(c *pgstore.Config) { c.StatementTimeout = -1 }, "pgstore: StatementTimeout is -1ns, it must not be negative"},
		"no_such_root":       {func(c *pgstore.Config) { c.RootCAFile = "/no/such/file.pem" }, "/no/such/file.pem"},
		"url_that_is_none":   {func(c *pgstore.Config) { *c = pgstore.Config{URL: "postgres://u:s3cret@h:port/d"} }, "pgstore: read the database address: "},
		"keyword_value_form": {func(c *pgstore.Config) { *c = pgstore.Config{URL: "host=h password=s3cret port=x"} }, "pgstore: read the database address: "},
	}
	for name, c := range cases {
		cfg := host
		c.change(&cfg)
		store, err := pgstore.New(cfg)
		if err == nil || store != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
	}
}

// An address may hold what has a meaning in a URL.
func TestAddressIsTakenLiterally(t *testing.T) {
	t.Parallel()
	store := open(t, pgstore.Config{Host: "::1", Port: 1, Name: "a/b?c=d&e", TLSMode: "disable", Credentials: constant("p")})
	retried(store)
	err := store.Ping(t.Context())
	if err == nil || !strings.Contains(err.Error(), "database=a/b?c=d&e") || !strings.Contains(err.Error(), "[::1]:1") {
		t.Errorf("got %v", err)
	}
}

type spy struct{ statements chan string }

func (s spy) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.statements <- data.SQL
	return ctx
}

func (spy) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func TestTracerSeesTheStatements(t *testing.T) {
	t.Parallel()
	tracer := spy{make(chan string, 1)}
	store := open(t, pgstore.Config{URL: pgtest.MigratedURL(t), Tracer: tracer, StatementTimeout: time.Minute})
	persist(t, store, processtest.Success("e", "a"))
	if got := <-tracer.statements; !strings.Contains(got, "FROM persist_batch_v1") {
		t.Errorf("the tracer saw %q", got)
	}
	if _, err := store.Status(t.Context(), event.Identity{ID: "e"}); err != nil {
		t.Fatal(err)
	}
	if got := <-tracer.statements; !strings.Contains(got, "FROM idempotency_keys") {
		t.Errorf("the tracer saw %q", got)
	}
}
