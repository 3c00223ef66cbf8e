package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"
)

const (
	// MaxBodyBytes is the limit of API Gateway for the body of a request, 10 MiB. That it
	// holds for the inflated body, too, is not confirmed.
	MaxBodyBytes = 10 << 20

	// maxEventBytes is Lambda's limit for the whole event, which the function's
	// invocation enforces.
	maxEventBytes = 6 << 20

	// bodyBudget bounds the bodies over freeBodyBytes of the requests that are being
	// worked on, so that clients that never end theirs cannot fill the memory.
	bodyBudget    = 64 << 20
	freeBodyBytes = 64 << 10

	// IntegrationTimeout is how long API Gateway waits for a function.
	IntegrationTimeout = 29 * time.Second
)

var (
	methodName = regexp.MustCompile(`^[A-Z]+$`)
	routePath  = regexp.MustCompile(`^(/([A-Za-z0-9._-]+|\{[A-Za-z_][A-Za-z0-9_]*\}))*(/(\{[A-Za-z_][A-Za-z0-9_]*\+\})?)?$`)
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
)

// Function is what a route invokes. It returns the function's answer, and the kind of
// function error, which is empty when the function succeeded. The error says that the
// invocation did not come about. An error with the method HTTPStatusCode() int that
// returns 413 or 429 is answered with that status.
type Function interface {
	Call(ctx context.Context, payload []byte, traceID string) (answer []byte, functionError string, err error)
}

// Route binds a method and a path to a function. Path is written as in API Gateway:
// {name} stands for one segment and, at the end, {name+} for all that follow. With
// AuthRequired, a caller must present an API key, if the gateway has any.
type Route struct {
	Method       string
	Path         string
	Function     Function
	AuthRequired bool
}

// Config describes one API. Routes is required, every other field has a default.
type Config struct {
	Routes []Route

	// APIKeys are those of which routes with AuthRequired want one in the header
	// x-api-key. None: no key is asked for.
	APIKeys []APIKey
	// Stage appears in the request context. Default "local".
	Stage string
	// AccountID appears in the request context, 12 digits. Default 000000000000.
	AccountID string
	// Compress compresses answers for callers who accept gzip, as minimumCompressionSize 0
	// does on AWS. Gzipped bodies of requests are inflated in any case.
	Compress bool
	// Codes are the member "code" of the problem documents of each status that the
	// gateway answers itself. A status without one has no such member.
	Codes map[int]string
	// Logger receives a line for each request. Nil discards it.
	Logger *slog.Logger

	integrationTimeout time.Duration // shorter in tests
}

func (c Config) withDefaults() Config {
	if c.Stage == "" {
		c.Stage = "local"
	}
	if c.AccountID == "" {
		c.AccountID = "000000000000"
	}
	if c.integrationTimeout == 0 {
		c.integrationTimeout = IntegrationTimeout
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func (c Config) validate() error {
	switch {
	case len(c.Routes) == 0:
		return fmt.Errorf("gateway: Routes must have at least one route")
	case !accountID.MatchString(c.AccountID):
		return fmt.Errorf("gateway: AccountID must be 12 digits, got %q", c.AccountID)
	}
	for i, key := range c.APIKeys {
		if err := key.validate(i); err != nil {
			return err
		}
	}
	for i, route := range c.Routes {
		if err := route.validate(i); err != nil {
			return err
		}
	}
	return nil
}

func (r Route) validate(i int) error {
	switch {
	case !methodName.MatchString(r.Method):
		return fmt.Errorf("gateway: Routes[%d].Method must be upper-case letters, got %q", i, r.Method)
	case r.Path == "" || !routePath.MatchString(r.Path):
		return fmt.Errorf("gateway: Routes[%d].Path must be segments, {names} and at the end a {name+}, got %q", i, r.Path)
	case len(r.Path) > 1 && strings.HasSuffix(r.Path, "/"):
		return fmt.Errorf("gateway: Routes[%d].Path must not end with a slash, got %q", i, r.Path)
	case r.Function == nil:
		return fmt.Errorf("gateway: Routes[%d].Function is required for %s %s", i, r.Method, r.Path)
	}
	return nil
}
