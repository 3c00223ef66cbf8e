// Package secret reads the database's user and password from AWS Secrets
// Manager.
package secret

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/go-json-experiment/json"

	"github.com/fluxa/fluxa/pkg/fault"
)

// Client is what Database needs of *secretsmanager.Client.
type Client interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

var _ Client = (*secretsmanager.Client)(nil)

// Config names the secret; SecretARN is required.
type Config struct {
	SecretARN string
	// TTL is how long credentials are used before they are read again; 5 minutes
	// by default. A rotation is noticed sooner by asking for fresh ones.
	TTL time.Duration
	// Timeout bounds one reading, its retries included; 5 seconds by default.
	Timeout time.Duration
	// Now is the clock; time.Now by default.
	Now func() time.Time
}

// Database reads a secret of the form {"username":…,"password":…}, as RDS makes
// them, and keeps it for a while. It is safe for concurrent use: callers that ask
// at once share one reading.
type Database struct {
	client Client
	config Config
	turn   chan struct{} // held by the one who reads
	latest atomic.Pointer[credentials]
}

type credentials struct {
	user, password string
	readAt         time.Time
}

// New returns a reader. Returns an error that names a field which cannot be
// used.
func New(client Client, c Config) (*Database, error) {
	if c.SecretARN == "" {
		return nil, errors.New("secret: SecretARN must name a secret, got \"\"")
	}
	if c.TTL == 0 {
		c.TTL = 5 * time.Minute
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.TTL < 0 || c.Timeout < 0 {
		return nil, fmt.Errorf("secret: TTL and Timeout must be positive, got %s and %s", c.TTL, c.Timeout)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Database{client: client, config: c, turn: make(chan struct{}, 1)}, nil
}

// Credentials returns the user and the password. With fresh, what was read
// before this call is not good enough: ask so after the database refused the
// password, which a rotation may have changed.
//
// Returns a DatabaseUnavailable fault when the secret cannot be read, an Internal
// one when it does not have the expected form. No error repeats the secret.
func (d *Database) Credentials(ctx context.Context, fresh bool) (user, password string, err error) {
	known := d.latest.Load()
	if known != nil && !fresh && d.config.Now().Sub(known.readAt) < d.config.TTL {
		return known.user, known.password, nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.config.Timeout)
	defer cancel()
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return "", "", unreadable(fmt.Errorf("wait for the reading of the secret: %w", context.Cause(ctx)))
	}
	if now := d.latest.Load(); now != known {
		return now.user, now.password, nil
	}
	read, err := d.read(ctx)
	if err != nil {
		return "", "", err
	}
	d.latest.Store(read)
	return read.user, read.password, nil
}

func (d *Database) read(ctx context.Context) (*credentials, error) {
	started := d.config.Now()
	out, err := d.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(d.config.SecretARN)})
	if err != nil {
		return nil, unreadable(fmt.Errorf("read secret %s: %w", d.config.SecretARN, err))
	}
	var content struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	// The decoder's error is dropped: it may repeat a piece of the secret.
	if json.Unmarshal([]byte(aws.ToString(out.SecretString)), &content) != nil || content.Username == "" || content.Password == "" {
		return nil, fault.Newf(fault.Internal, "secret %s must be a JSON object with a username and a password", d.config.SecretARN)
	}
	return &credentials{content.Username, content.Password, started}, nil
}

func unreadable(err error) error {
	return fault.Wrap(fault.DatabaseUnavailable, err, "the database's credentials cannot be read")
}
