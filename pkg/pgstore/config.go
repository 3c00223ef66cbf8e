package pgstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says where the database is and how patient a Store is with it. Give
// either URL, or Host and Name with Credentials.
type Config struct {
	// URL is a PostgreSQL connection string, user, password and TLS included.
	URL string

	// Host, Port (default 5432) and Name are the address without a user.
	Host string
	Port uint16
	Name string
	// Credentials says who connects. Each new connection asks, within
	// ConnectTimeout.
	Credentials Credentials
	// TLSMode is an sslmode of libpq; default verify-full. RootCAFile is a PEM
	// file of the authorities to trust: the bundle of Amazon RDS for a database,
	// none (the system's) for an RDS Proxy. With a URL, both are part of it.
	TLSMode    string
	RootCAFile string
	// RootCAName, with verify-full, picks authorities out of RootCAFile: those with it
	// in the text before their certificate, such as the region's out of a bundle for
	// all regions, which takes milliseconds to read; all of them when none has it.
	RootCAName string

	// MaxConns bounds the pool; default 2, as one Lambda environment serves one
	// invocation at a time.
	MaxConns int32
	// ConnectTimeout bounds one connect; default 5 s, unless a URL says
	// otherwise (connect_timeout).
	ConnectTimeout time.Duration
	// StatementTimeout bounds one try of one statement, waiting for a connection
	// included; default 10 s. An earlier deadline of the context wins. Set a
	// statement_timeout on the database role too: RDS Proxy takes none from a
	// client's connection.
	StatementTimeout time.Duration

	// Tracer, when set, sees every statement.
	Tracer pgx.QueryTracer
}

// Credentials are the database's user and password, which somebody may rotate.
// Both methods are called from several goroutines at once.
type Credentials interface {
	// Get returns them from a cache, which is not the Store's affair.
	Get(ctx context.Context) (user, password string, err error)
	// Refused says that the server refused a password (SQLSTATE 28P01, from RDS Proxy
	// also 28000): the cache must not return it again, unless it is what the next
	// reading gives. A Store connects once more then, within the same call.
	Refused(password string)
}

const (
	defaultPort             = 5432
	defaultTLSMode          = "verify-full"
	defaultMaxConns         = 2
	maxConnsLimit           = 100
	defaultConnectTimeout   = 5 * time.Second
	defaultStatementTimeout = 10 * time.Second

	// A connection idle for longer than pingAfter proves itself first, within
	// pingTimeout; one that is closed is gone after farewell.
	pingAfter   = time.Second
	pingTimeout = time.Second
	farewell    = time.Second

	// Connections are renewed well before RDS Proxy drops them (30 minutes idle,
	// 24 hours old), and often enough to find the new writer after a failover.
	maxConnIdleTime = 5 * time.Minute
	maxConnLifetime = 30 * time.Minute
)

func tlsModes() []string {
	return []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
}

func (c Config) withDefaults() (Config, error) {
	if c.URL == "" {
		if c.Port == 0 {
			c.Port = defaultPort
		}
		if c.TLSMode == "" {
			c.TLSMode = defaultTLSMode
		}
	}
	if c.MaxConns == 0 {
		c.MaxConns = defaultMaxConns
	}
	if c.StatementTimeout == 0 {
		c.StatementTimeout = defaultStatementTimeout
	}
	return c, c.validate()
}

func (c Config) validate() error {
	if c.URL != "" {
		if c.Host != "" || c.Port != 0 || c.Name != "" || c.Credentials != nil || c.TLSMode != "" || c.RootCAFile != "" || c.RootCAName != "" {
			return errors.New("pgstore: URL stands alone: Host, Port, Name, Credentials, TLSMode, RootCAFile and RootCAName must be empty beside it")
		}
	} else {
		switch {
		case c.Host == "":
			return errors.New("pgstore: URL or Host is required")
		case c.Name == "":
			return errors.New("pgstore: Name, the database's, is required with Host")
		case c.Credentials == nil:
			return errors.New("pgstore: Credentials is required with Host")
		case !slices.Contains(tlsModes(), c.TLSMode):
			return fmt.Errorf("pgstore: TLSMode is %q, it must be one of %s", c.TLSMode, strings.Join(tlsModes(), ", "))
		case c.RootCAName != "" && (c.RootCAFile == "" || c.TLSMode != defaultTLSMode):
			return fmt.Errorf("pgstore: RootCAName is %q, it must be empty without RootCAFile and with another TLSMode than %s", c.RootCAName, defaultTLSMode)
		}
	}
	switch {
	case c.MaxConns < 1 || c.MaxConns > maxConnsLimit:
		return fmt.Errorf("pgstore: MaxConns is %d, it must be 1 to %d", c.MaxConns, maxConnsLimit)
	case c.ConnectTimeout < 0:
		return fmt.Errorf("pgstore: ConnectTimeout is %s, it must not be negative", c.ConnectTimeout)
	case c.StatementTimeout < 0:
		return fmt.Errorf("pgstore: StatementTimeout is %s, it must not be negative", c.StatementTimeout)
	}
	return nil
}

// address returns the connection string. Without a URL it names no user: that
// comes with each connection.
func (c Config) address() string {
	if c.URL != "" {
		return c.URL
	}
	query := url.Values{"sslmode": {c.TLSMode}}
	if c.RootCAFile != "" && c.RootCAName == "" {
		query.Set("sslrootcert", c.RootCAFile)
	}
	u := url.URL{
		Scheme:   "postgres",
		Host:     net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))),
		Path:     "/" + c.Name,
		RawQuery: query.Encode(),
	}
	return u.String()
}

func (c Config) pool() (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(c.address())
	if err != nil {
		return nil, fmt.Errorf("pgstore: read the database address: %w", err)
	}
	if c.RootCAName != "" {
		if config.ConnConfig.TLSConfig.RootCAs, err = c.roots(); err != nil {
			return nil, err
		}
	}
	// A prepared statement belongs to a session. Behind RDS Proxy the session is
	// then pinned to one client, and the proxy shares nothing any more. This mode
	// prepares nothing and still needs one round trip; it takes the types of the
	// parameters from the casts in the SQL.
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.ConnConfig.StatementCacheCapacity = 0
	config.ConnConfig.DescriptionCacheCapacity = 0
	config.ConnConfig.Tracer = c.Tracer
	switch {
	case c.ConnectTimeout != 0:
		config.ConnConfig.ConnectTimeout = c.ConnectTimeout
	case config.ConnConfig.ConnectTimeout == 0:
		config.ConnConfig.ConnectTimeout = defaultConnectTimeout
	}
	// The driver also dials to cancel a statement, then without that time-out.
	config.ConnConfig.DialFunc = (&net.Dialer{Timeout: config.ConnConfig.ConnectTimeout}).DialContext
	config.MaxConns = c.MaxConns
	config.MinConns = 0
	config.MinIdleConns = 0
	config.MaxConnIdleTime = maxConnIdleTime
	config.MaxConnLifetime = maxConnLifetime
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false } // prove does
	config.PrepareConn = prove
	config.BeforeClose = dismiss
	return config, nil
}
