// Package rdsiam logs in to PostgreSQL on Amazon RDS, or to an RDS Proxy, with IAM: the
// password is a token that is signed here, with the credentials of the function's role.
// No call is made for it, and there is no password to keep or to rotate.
//
// Amazon RDS User Guide, "IAM database authentication for MariaDB, MySQL, and
// PostgreSQL": https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
package rdsiam

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"

	"github.com/fluxa/fluxa/pkg/fault"
)

// Config says where the tokens are good. All fields are required.
type Config struct {
	// Host and Port are those connected to: the instance's or the proxy's own address. A
	// DNS name of one's own is not signed for.
	Host string
	Port int
	// User is the database's, who must be a member of rds_iam.
	User   string
	Region string
	// Credentials sign. A token is good for 15 minutes and only as long as they are, and
	// only to connect: a connection outlives it.
	Credentials aws.CredentialsProvider
}

// Credentials signs a token for each connection. It is safe for concurrent use.
type Credentials struct{ cfg Config }

// New returns Credentials, or an error that names the field that is missing.
func New(cfg Config) (*Credentials, error) {
	for _, required := range []struct {
		name  string
		given bool
	}{
		{"Host", cfg.Host != ""}, {"Port", cfg.Port > 0}, {"User", cfg.User != ""}, {"Region", cfg.Region != ""}, {"Credentials", cfg.Credentials != nil},
	} {
		if !required.given {
			return nil, errors.New("rdsiam: " + required.name + " is required")
		}
	}
	return &Credentials{cfg}, nil
}

// Get returns the user and a new token.
//
// Returns a DatabaseUnavailable fault when there are no credentials to sign with.
func (c *Credentials) Get(ctx context.Context) (user, password string, err error) {
	address := net.JoinHostPort(c.cfg.Host, strconv.Itoa(c.cfg.Port))
	token, err := auth.BuildAuthToken(ctx, address, c.cfg.Region, c.cfg.User, c.cfg.Credentials)
	if err != nil {
		return "", "", fault.Wrap(fault.DatabaseUnavailable, fmt.Errorf("sign a token for %s: %w", address, err), "the database's credentials cannot be had")
	}
	return c.cfg.User, token, nil
}

// Refused does nothing: the next token is a new one anyway.
func (c *Credentials) Refused(string) {}
