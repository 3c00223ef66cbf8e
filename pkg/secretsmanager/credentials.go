// Package secretsmanager reads the database's user and password from AWS Secrets
// Manager, and is the one place that keeps them.
package secretsmanager

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/go-json-experiment/json"

	"github.com/fluxa/fluxa/pkg/fault"
)

// Client is what Credentials needs of the SDK's *secretsmanager.Client.
type Client interface {
	GetSecretValue(context.Context, *sdk.GetSecretValueInput, ...func(*sdk.Options)) (*sdk.GetSecretValueOutput, error)
}

var _ Client = (*sdk.Client)(nil)

const (
	// ttl is how long credentials are used before they are read again. A rotation
	// is noticed sooner by a refused password.
	ttl = 5 * time.Minute
	// timeout bounds one reading, its retries included.
	timeout = 5 * time.Second
)

// Credentials reads a secret of the form {"username":…,"password":…}, as RDS makes
// them, and keeps it for five minutes or until the database refuses the password.
// It is safe for concurrent use: callers that ask at once share one reading.
type Credentials struct {
	client Client
	arn    string
	turn   chan struct{} // full while somebody reads
	latest atomic.Pointer[credentials]
}

type credentials struct {
	user, password string
	readAt         time.Time
}

// usable reports whether credentials may be handed out; nil ones may not.
func (c *credentials) usable() bool { return c != nil && time.Since(c.readAt) < ttl }

// New returns a reader of the secret with an ARN, which is required.
func New(client Client, arn string) (*Credentials, error) {
	if arn == "" {
		return nil, errors.New("secretsmanager: the ARN must name a secret, got \"\"")
	}
	return &Credentials{client: client, arn: arn, turn: make(chan struct{}, 1)}, nil
}

// Get returns the user and the password.
//
// Returns a DatabaseUnavailable fault when the secret cannot be read, an Internal
// one when it does not have the expected form. No error repeats the secret.
func (c *Credentials) Get(ctx context.Context) (user, password string, err error) {
	if known := c.latest.Load(); known.usable() {
		return known.user, known.password, nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return "", "", unreadable(fmt.Errorf("wait for the reading of the secret: %w", context.Cause(ctx)))
	}
	if known := c.latest.Load(); known.usable() {
		return known.user, known.password, nil
	}
	read, err := c.read(ctx)
	if err != nil {
		return "", "", err
	}
	c.latest.Store(read)
	return read.user, read.password, nil
}

// Refused says that the database refused a password, which a rotation may have
// changed: if it is the one that is kept, the next Get reads the secret anew. A
// refusal of one that was replaced meanwhile changes nothing, so that connections
// that are refused together cost one reading.
func (c *Credentials) Refused(password string) {
	if known := c.latest.Load(); known != nil && known.password == password {
		c.latest.CompareAndSwap(known, nil)
	}
}

func (c *Credentials) read(ctx context.Context) (*credentials, error) {
	started := time.Now()
	out, err := c.client.GetSecretValue(ctx, &sdk.GetSecretValueInput{SecretId: aws.String(c.arn)})
	if err != nil {
		return nil, unreadable(fmt.Errorf("read secret %s: %w", c.arn, err))
	}
	var content struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}
	// The decoder's error is dropped: it may repeat a piece of the secret.
	if json.Unmarshal([]byte(aws.ToString(out.SecretString)), &content) != nil || content.Username == "" || content.Password == "" {
		return nil, fault.Newf(fault.Internal, "secret %s must be a JSON object with a username and a password", c.arn)
	}
	return &credentials{content.Username, content.Password, started}, nil
}

func unreadable(err error) error {
	return fault.Wrap(fault.DatabaseUnavailable, err, "the database's credentials cannot be read")
}
