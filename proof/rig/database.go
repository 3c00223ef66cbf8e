package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/fluxa/fluxa/local/postgres"
)

const (
	connectTimeout   = 10 * time.Second
	statementTimeout = time.Minute
)

// Database is a PostgreSQL of its own. The product reaches it through a proxy that can be
// cut, slowed and made to reset connections; the harness reaches it directly.
type Database struct {
	server *postgres.Server
	dir    string
	proxy  *toxiproxy.Proxy
	url    string
}

// StartDatabase makes a server below a folder.
func StartDatabase(ctx context.Context, dir string, logger *slog.Logger, settings map[string]string) (_ *Database, err error) {
	server, err := postgres.Start(ctx, postgres.Config{Dir: dir, Logger: logger, Settings: settings})
	if err != nil {
		return nil, err
	}
	d := &Database{server: server, dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Stop(context.WithoutCancel(ctx)))
		}
	}()
	address, err := url.Parse(server.URL())
	if err != nil {
		return nil, fmt.Errorf("read the URL of the database: %w", err)
	}
	proxies := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	d.proxy = toxiproxy.NewProxy(proxies, "postgres", "127.0.0.1:0", address.Host)
	if err := d.proxy.Start(); err != nil {
		return nil, fmt.Errorf("start the proxy before the database: %w", err)
	}
	address.Host = d.proxy.Listen
	d.url = address.String()
	return d, nil
}

// URL is what the product connects with.
func (d *Database) URL() string { return d.url }

// Stop ends the server.
func (d *Database) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	if d.proxy != nil {
		d.proxy.Stop()
	}
	return d.server.Stop(ctx)
}

// Connect opens a connection past the proxy, as the superuser.
func (d *Database) Connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	c, err := pgx.Connect(ctx, d.server.URL())
	if err != nil {
		return nil, fmt.Errorf("connect to the database past the proxy: %w", err)
	}
	return c, nil
}

// Exec runs statements past the proxy, each in a transaction of its own.
func (d *Database) Exec(ctx context.Context, statements ...string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, statementTimeout)
	defer cancel()
	c, err := d.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(context.WithoutCancel(ctx))) }()
	for _, statement := range statements {
		if _, err := c.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%.60s: %w", statement, err)
		}
	}
	return nil
}

// Toxic adds a toxic of Toxiproxy to what the server answers, such as latency or
// reset_peer; see https://github.com/Shopify/toxiproxy#toxics.
func (d *Database) Toxic(kind string, attributes map[string]int) error {
	text, err := json.Marshal(map[string]any{"name": kind, "type": kind, "attributes": attributes})
	if err != nil {
		return fmt.Errorf("encode the toxic %s: %w", kind, err)
	}
	if _, err := d.proxy.Toxics.AddToxicJson(bytes.NewReader(text)); err != nil {
		return fmt.Errorf("add the toxic %s: %w", kind, err)
	}
	return nil
}

// Clean takes all toxics away.
func (d *Database) Clean(ctx context.Context) { d.proxy.Toxics.ResetToxics(ctx) }

// Cut closes every connection through the proxy and takes no more, until Mend.
func (d *Database) Cut() { d.proxy.Stop() }

// Mend takes connections again.
func (d *Database) Mend() error {
	if err := d.proxy.Start(); err != nil {
		return fmt.Errorf("start the proxy before the database again: %w", err)
	}
	return nil
}

// Kill ends every process of the server by SIGKILL.
func (d *Database) Kill() error {
	pids, err := d.pids()
	if err != nil {
		return err
	}
	// The first is halted meanwhile, so that it starts no other.
	if err := signal(syscall.SIGSTOP, pids[:1]); err != nil {
		return err
	}
	if pids, err = d.pids(); err != nil {
		return err
	}
	return signal(syscall.SIGKILL, pids)
}

// Restart starts the server again on the same data and port.
func (d *Database) Restart(ctx context.Context) error { return d.server.Restart(ctx) }

// Suspend halts every process of the server, until Resume.
func (d *Database) Suspend() error { return d.signal(syscall.SIGSTOP) }

// Resume lets the server go on.
func (d *Database) Resume() error { return d.signal(syscall.SIGCONT) }

func (d *Database) signal(s syscall.Signal) error {
	pids, err := d.pids()
	if err != nil {
		return err
	}
	return signal(s, pids)
}

// Process returns the id of the server's main process.
func (d *Database) Process() (int, error) {
	pids, err := d.pids()
	if err != nil {
		return 0, err
	}
	return pids[0], nil
}

// pids returns the server's main process, and those it started.
func (d *Database) pids() ([]int, error) {
	text, err := os.ReadFile(filepath.Join(filepath.Dir(d.server.LogFile()), "data", "postmaster.pid"))
	if err != nil {
		return nil, fmt.Errorf("find the processes of PostgreSQL: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	main, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return nil, fmt.Errorf("find the processes of PostgreSQL: its file of its process has %q", line)
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", main, main))
	if err != nil {
		return nil, fmt.Errorf("find the processes of PostgreSQL: %w", err)
	}
	out := []int{main}
	for field := range strings.FieldsSeq(string(children)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return nil, fmt.Errorf("find the processes of PostgreSQL: %w", err)
		}
		out = append(out, pid)
	}
	return out, nil
}

func signal(s syscall.Signal, pids []int) error {
	for _, pid := range pids {
		if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("send %s to process %d: %w", s, pid, err)
		}
	}
	return nil
}

// sparedConnections are left to the harness by Exhaust: the server keeps three for
// superusers (superuser_reserved_connections), and the product's users are none.
const sparedConnections = 2

// Exhaust opens connections past the proxy until the server takes no more from the
// product's users, and returns what closes them.
func (d *Database) Exhaust(ctx context.Context) (release func() error, err error) {
	var held []*pgx.Conn
	release = func() error {
		var errs []error
		for _, c := range held {
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectTimeout)
			errs = append(errs, c.Close(closing))
			cancel()
		}
		return errors.Join(errs...)
	}
	for {
		c, err := d.Connect(ctx)
		if err != nil && len(held) > sparedConnections {
			for range sparedConnections {
				last := held[len(held)-1]
				held = held[:len(held)-1]
				if err := last.Close(ctx); err != nil {
					return release, fmt.Errorf("close a spare connection: %w", err)
				}
			}
			return release, nil
		}
		if err != nil {
			return release, err
		}
		held = append(held, c)
	}
}
