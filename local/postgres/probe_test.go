package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

func TestProbe_says_what_is_wrong(t *testing.T) {
	t.Parallel()
	server := start(t, Config{Ephemeral: true})
	port := server.port
	silent := listen(t, func(conn net.Conn) { <-time.After(patience) })
	old := listen(t, func(conn net.Conn) { answerVersion(conn, "130022") })
	odd := listen(t, func(conn net.Conn) { answerVersion(conn, "v2.1-cockroach") })
	for name, test := range map[string]struct{ url, want string }{
		"nothing": {server.URL(), ""},
		"a wrong password": {
			strings.Replace(server.URL(), server.password, "secret", 1),
			fmt.Sprintf(`PostgreSQL at 127.0.0.1:%d refuses the connection: FATAL: password authentication failed for user "fluxa" (SQLSTATE 28P01): correct DATABASE_URL, or see the server's log`, port)},
		"no such database": {
			server.urlOf("nope"),
			fmt.Sprintf(`PostgreSQL at 127.0.0.1:%d refuses the connection: FATAL: database "nope" does not exist (SQLSTATE 3D000): correct DATABASE_URL, or see the server's log`, port)},
		"no server": {
			fmt.Sprintf("postgres://u:secret@127.0.0.1:%d/x?sslmode=disable", closedPort(t)),
			"(connection refused): start it, correct DATABASE_URL, or unset it to have one started"},
		"a server that says nothing": {
			"postgres://u:secret@" + silent + "/x?sslmode=disable",
			"PostgreSQL at " + silent + ": no answer within 1s: see that it runs and can be reached from here"},
		"an old server": {
			"postgres://u:secret@" + old + "/x?sslmode=disable",
			"PostgreSQL at " + old + " is version 13, too old: use version 14 or newer, or unset DATABASE_URL to have one started"},
		"another product": {
			"postgres://u:secret@" + odd + "/x?sslmode=disable",
			"PostgreSQL at " + odd + ` gives "v2.1-cockroach" as its version: it may be another product`},
		"no URL": {
			"postgres://u:secret@127.0.0.1:notaport/x",
			"write it as postgres://user:password@host:5432/database"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := patience
			if strings.Contains(test.want, "within 1s") {
				limit = time.Second
			}
			err := probe(context.Background(), test.url, limit)
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || !strings.HasSuffix(err.Error(), test.want) {
				t.Fatalf("error = %v\nwant    %s", err, test.want)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error tells the password or has several lines: %q", err)
			}
		})
	}
}

func TestProbe_names_the_cause_of_a_failure(t *testing.T) {
	t.Parallel()
	cfg, err := pgx.ParseConfig("postgres://me:secret@db.example:5433/shop")
	if err != nil {
		t.Fatal(err)
	}
	for want, cause := range map[string]error{
		"the host db.example of DATABASE_URL is not known: correct it, or unset DATABASE_URL to have a server started":                     &net.DNSError{Err: "no such host", Name: "db.example"},
		"no PostgreSQL listens at db.example:5433 (connection refused): start it, correct DATABASE_URL, or unset it to have one started":   syscall.ECONNREFUSED,
		"PostgreSQL at db.example:5433 refuses the connection: FATAL: odd (SQLSTATE XX000): correct DATABASE_URL, or see the server's log": &pgconn.PgError{Code: "XX000", Severity: "FATAL", Message: "odd"},
		"PostgreSQL at db.example:5433 cannot be used: tls: bad certificate":                                                               errors.New("tls: bad certificate"),
	} {
		if got := unusable(context.Background(), cfg, cause).Error(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// listen serves each connection with handle until the test ends.
func listen(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() }) // the test is over
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

func closedPort(t *testing.T) int {
	t.Helper()
	port, err := claimPort(0)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// answerVersion speaks just enough of the protocol to let a client in and give
// the same value to whatever it asks.
func answerVersion(conn net.Conn, version string) {
	backend := pgproto3.NewBackend(conn, conn)
	if _, err := backend.ReceiveStartupMessage(); err != nil {
		return
	}
	backend.Send(&pgproto3.AuthenticationOk{})
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	for {
		if backend.Flush() != nil {
			return
		}
		message, err := backend.Receive()
		if err != nil {
			return
		}
		switch message.(type) {
		case *pgproto3.Parse:
			backend.Send(&pgproto3.ParseComplete{})
		case *pgproto3.Describe:
			backend.Send(&pgproto3.ParameterDescription{})
			backend.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("server_version_num"), DataTypeOID: 25, DataTypeSize: -1}}})
		case *pgproto3.Bind:
			backend.Send(&pgproto3.BindComplete{})
		case *pgproto3.Execute:
			backend.Send(&pgproto3.DataRow{Values: [][]byte{[]byte(version)}})
			backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("SHOW")})
		case *pgproto3.Sync:
			backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		}
	}
}
