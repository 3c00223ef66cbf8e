package pgstore_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/fluxa/fluxa/pkg/pgstore"
)

// gate stands before a real server as RDS Proxy does: it asks for a password of
// its own, whatever the server's settings are, and everything passes through it,
// so that a test can count messages and break connections at a chosen point.
type gate struct {
	host string
	port uint16

	url      string // of the server behind
	tls      *tls.Config
	listener net.Listener

	mu       sync.Mutex
	password string
	refusal  string // SQLSTATE of a wrong password
	links    map[*link]bool
	opened   int
	syncs    int // requests that the server answers with ReadyForQuery
	named    int // prepared statements with a name
	atReply  func(*link) bool
}

// link is one client's connection.
type link struct {
	client, server net.Conn
	silent         bool // nothing reaches the server any more
}

func (l *link) cut() {
	for _, end := range []net.Conn{l.client, l.server} {
		// A second close is what a test may do; the first one counts.
		_ = end.Close()
	}
}

func openGate(t *testing.T, url, password string, config *tls.Config) *gate {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().(*net.TCPAddr)
	g := &gate{
		host: "127.0.0.1", port: uint16(address.Port), url: url, tls: config, listener: listener,
		password: password, refusal: "28P01", links: map[*link]bool{},
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wait.Go(func() { g.serve(conn) })
		}
	})
	t.Cleanup(func() {
		g.shut()
		g.cutAll()
		wait.Wait()
	})
	return g
}

// config is one for a store that goes through the gate.
func (g *gate) config(credentials pgstore.Credentials) pgstore.Config {
	return pgstore.Config{Host: g.host, Port: g.port, Name: "any", TLSMode: "disable", Credentials: credentials}
}

// constant is a password that nobody rotates.
type constant string

func (c constant) Get(context.Context) (user, password string, err error) {
	return "app", string(c), nil
}

func (constant) Refused(string) {}

// shut refuses further connections.
func (g *gate) shut() {
	// Closed twice when a test shut it: the error says only that.
	_ = g.listener.Close()
}

func (g *gate) setPassword(password string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.password = password
}

func (g *gate) refuseWith(state string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refusal = state
}

func (g *gate) cutAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for l := range g.links {
		l.cut()
	}
}

// silence lets the present connections stay open and leads nowhere with them,
// as when the other end vanished while a Lambda environment was frozen.
func (g *gate) silence() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for l := range g.links {
		l.silent = true
	}
}

// onReply asks f at each chunk that the server sends; false drops it and the
// connection.
func (g *gate) onReply(f func(*link) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.atReply = f
}

func (g *gate) counts() (opened, syncs, named int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened, g.syncs, g.named
}

func (g *gate) serve(client net.Conn) {
	l := &link{client: client}
	backend, ok := g.greet(l)
	if !ok {
		// It is refused; what the client makes of it is the test's matter.
		_ = client.Close()
		return
	}
	server, err := pgconn.Connect(context.Background(), g.url)
	if err != nil {
		// The client sees a connection that ends, as from a proxy whose server is gone.
		_ = client.Close()
		return
	}
	if err := server.SyncConn(context.Background()); err != nil {
		_ = client.Close() // as above
		return
	}
	hijacked, err := server.Hijack()
	if err != nil {
		panic(err) // a fresh connection is idle
	}
	l.server = hijacked.Conn
	defer l.cut()
	backend.Send(&pgproto3.AuthenticationOk{})
	for name, value := range hijacked.ParameterStatuses {
		backend.Send(&pgproto3.ParameterStatus{Name: name, Value: value})
	}
	backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	g.mu.Lock()
	g.links[l] = true
	g.opened++
	g.mu.Unlock()
	if backend.Flush() != nil {
		return
	}
	var wait sync.WaitGroup
	wait.Go(func() { defer l.cut(); g.requests(l) })
	wait.Go(func() { defer l.cut(); g.replies(l) })
	wait.Wait()
	g.mu.Lock()
	delete(g.links, l)
	g.mu.Unlock()
}

func (g *gate) greet(l *link) (*pgproto3.Backend, bool) {
	backend := pgproto3.NewBackend(l.client, l.client)
	message, err := backend.ReceiveStartupMessage()
	if _, cancel := message.(*pgproto3.CancelRequest); cancel {
		return nil, false
	}
	if _, wanted := message.(*pgproto3.SSLRequest); wanted && g.tls != nil {
		if _, err := l.client.Write([]byte{'S'}); err != nil {
			return nil, false
		}
		l.client = tls.Server(l.client, g.tls)
		backend = pgproto3.NewBackend(l.client, l.client)
		_, err = backend.ReceiveStartupMessage()
		if err != nil {
			return nil, false
		}
	} else if err != nil || wanted {
		return nil, false
	}
	backend.Send(&pgproto3.AuthenticationCleartextPassword{})
	if backend.Flush() != nil || backend.SetAuthType(pgproto3.AuthTypeCleartextPassword) != nil {
		return nil, false
	}
	answer, err := backend.Receive()
	if err != nil {
		return nil, false
	}
	g.mu.Lock()
	password, refusal := g.password, g.refusal
	g.mu.Unlock()
	if given, ok := answer.(*pgproto3.PasswordMessage); !ok || given.Password != password {
		backend.Send(&pgproto3.ErrorResponse{
			Severity: "FATAL", Code: refusal, Message: `password authentication failed for user "app"`,
		})
		// The refusal is all there is to say.
		_ = backend.Flush()
		return nil, false
	}
	return backend, true
}

func (g *gate) requests(l *link) {
	for {
		header := make([]byte, 5)
		if _, err := io.ReadFull(l.client, header); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(header[1:])-4)
		if _, err := io.ReadFull(l.client, body); err != nil {
			return
		}
		g.mu.Lock()
		switch kind := header[0]; {
		case kind == 'S' || kind == 'Q' || kind == 'H' || kind == 'F':
			g.syncs++
		case kind == 'P' && body[0] != 0:
			g.named++
		}
		silent := l.silent
		g.mu.Unlock()
		if silent {
			continue
		}
		if _, err := l.server.Write(append(header, body...)); err != nil {
			return
		}
	}
}

func (g *gate) replies(l *link) {
	buffer := make([]byte, 64*1024)
	for {
		n, err := l.server.Read(buffer)
		if err != nil {
			return
		}
		g.mu.Lock()
		atReply := g.atReply
		g.mu.Unlock()
		if atReply != nil && !atReply(l) {
			return
		}
		if _, err := l.client.Write(buffer[:n]); err != nil {
			return
		}
	}
}
