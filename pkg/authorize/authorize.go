// Package authorize tells who calls the API, by a JSON Web Token that an issuer has
// signed.
package authorize

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Keys has the public keys of the issuer.
type Keys interface {
	// Key returns the key of that id, and none when the issuer has none of it. Returns
	// an IssuerUnavailable fault when that cannot be known.
	Key(ctx context.Context, id string) (*jose.JSONWebKey, error)
}

// Config says whose tokens are taken, and for what.
type Config struct {
	Keys Keys
	// Issuer is what a token has as iss, to the letter.
	Issuer string
	// Audience is one of what a token has as aud. A token without aud has it as
	// client_id, as Amazon Cognito's access tokens do.
	Audience string
	// Now is the clock; default time.Now.
	Now func() time.Time
}

// Authorizer checks tokens. It is safe for concurrent use.
type Authorizer struct{ cfg Config }

// New returns an Authorizer.
func New(cfg Config) (*Authorizer, error) {
	switch {
	case cfg.Keys == nil:
		return nil, errors.New("authorize: Keys is required")
	case cfg.Issuer == "":
		return nil, errors.New("authorize: Issuer is required")
	case cfg.Audience == "":
		return nil, errors.New("authorize: Audience is required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Authorizer{cfg}, nil
}

const (
	// leeway is how far the issuer's clock may be off.
	leeway = 30 * time.Second
	// tokenLimit bounds a token, in bytes. API Gateway takes 10,240 of all headers.
	tokenLimit = 10_240
)

// algorithms are those with a public key. None of them takes a secret: a token that
// is signed with the issuer's public key as a secret is none of its tokens.
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
}

type claims struct {
	jwt.Claims
	ClientID string `json:"client_id"`
}

// Caller returns who the bearer of the header Authorization is: the same text for the
// same subject of the issuer, whatever the token.
//
// Returns an Unauthorized fault for what is no valid token of the issuer, a Forbidden
// one for a valid token that is for others, and an IssuerUnavailable one when the
// issuer's keys cannot be read. No error repeats the token.
func (a *Authorizer) Caller(ctx context.Context, header string) (string, error) {
	scheme, raw, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || raw == "" || len(raw) > tokenLimit {
		return "", fault.New(fault.Unauthorized, "Authorization must be Bearer with a JSON Web Token")
	}
	token, err := jwt.ParseSigned(raw, algorithms())
	if err != nil || len(token.Headers) != 1 {
		return "", fault.New(fault.Unauthorized, "Authorization has no JSON Web Token with one signature by a public key")
	}
	key, err := a.cfg.Keys.Key(ctx, token.Headers[0].KeyID)
	if err != nil {
		return "", err
	}
	if key == nil {
		return "", fault.New(fault.Unauthorized, "the token is signed with a key that the issuer does not have")
	}
	if key.Algorithm != "" && key.Algorithm != token.Headers[0].Algorithm {
		return "", fault.New(fault.Unauthorized, "the token is signed in another way than the key is for")
	}
	var c claims
	if err := token.Claims(key.Key, &c); err != nil {
		return "", fault.New(fault.Unauthorized, "the token's signature is not the issuer's, or its claims cannot be read")
	}
	return a.judge(c)
}

// judge takes the claims of a token whose signature is good.
func (a *Authorizer) judge(c claims) (string, error) {
	if c.Issuer != a.cfg.Issuer {
		return "", fault.New(fault.Unauthorized, "the token is of another issuer")
	}
	if c.Expiry == nil {
		return "", fault.New(fault.Unauthorized, "the token does not expire")
	}
	switch err := c.ValidateWithLeeway(jwt.Expected{Time: a.cfg.Now()}, leeway); {
	case errors.Is(err, jwt.ErrExpired):
		return "", fault.New(fault.Unauthorized, "the token has expired")
	case err != nil:
		return "", fault.New(fault.Unauthorized, "the token is not valid yet")
	}
	if c.Subject == "" {
		return "", fault.New(fault.Unauthorized, "the token names no subject")
	}
	if !slices.Contains(c.Audience, a.cfg.Audience) && (len(c.Audience) > 0 || c.ClientID != a.cfg.Audience) {
		return "", fault.New(fault.Forbidden, "the token is for another audience")
	}
	return contract.TokenCaller(a.cfg.Issuer, c.Subject), nil
}
