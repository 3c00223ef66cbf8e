// Package jwks reads the public keys of an OpenID Connect issuer, and is the one place
// that keeps them.
package jwks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fluxa/fluxa/pkg/fault"
)

// Config says whose keys are read.
type Config struct {
	// Issuer is an https URL. Its configuration lies below it, at
	// /.well-known/openid-configuration (OpenID Connect Discovery 1.0).
	Issuer string
	// Client makes the requests; default one without redirects to anything but https.
	Client *http.Client
	// Now is the clock; default time.Now.
	Now func() time.Time
}

const (
	// timeout bounds one reading, which is two requests.
	timeout = 3 * time.Second
	// ttl is how long keys are used before they are read again: a key that the issuer
	// took back is used no longer.
	ttl = time.Hour
	// pause is the least time between two readings, failed ones included. Whoever
	// sends tokens with keys that nobody has cannot make us call the issuer for each.
	pause = 10 * time.Second
	// answerLimit bounds one answer, in bytes.
	answerLimit = 1 << 20
)

// Keys are the keys of an issuer, read when first asked for, when they are old, and
// when a token names one that is not known yet. Where the issuer cannot be reached,
// keys that are known serve on for a day. It is safe for concurrent use: callers that
// ask at once share one reading.
type Keys struct {
	cfg Config

	mu     sync.Mutex
	known  jose.JSONWebKeySet
	readAt time.Time // of known
	tried  time.Time // the last reading
	failed error     // of it
}

// stale is how long keys serve while the issuer cannot be reached.
const stale = 24 * time.Hour

// New returns a reader of the issuer's keys.
func New(cfg Config) (*Keys, error) {
	u, err := url.Parse(cfg.Issuer)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("jwks: Issuer must be an https URL such as https://login.example.com, got %q", cfg.Issuer)
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{CheckRedirect: onlyHTTPS}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Keys{cfg: cfg}, nil
}

func onlyHTTPS(request *http.Request, via []*http.Request) error {
	if request.URL.Scheme != "https" || len(via) >= 3 {
		return errors.New("redirected too often, or not to https")
	}
	return nil
}

// Key returns the key of an id. A token that names none gets the issuer's only key.
//
// Returns an IssuerUnavailable fault when the issuer's keys cannot be read.
func (k *Keys) Key(ctx context.Context, id string) (*jose.JSONWebKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.cfg.Now()
	if key := k.find(id); key != nil && now.Sub(k.readAt) < ttl {
		return key, nil
	}
	if k.tried.IsZero() || now.Sub(k.tried) >= pause {
		k.read(ctx, now)
	}
	if k.readAt.IsZero() || now.Sub(k.readAt) >= stale {
		return nil, fault.Wrap(fault.IssuerUnavailable, k.failed, "read the issuer's keys")
	}
	return k.find(id), nil
}

func (k *Keys) find(id string) *jose.JSONWebKey {
	for i, key := range k.known.Keys {
		if key.KeyID == id || (id == "" && len(k.known.Keys) == 1) {
			return &k.known.Keys[i]
		}
	}
	return nil
}

func (k *Keys) read(ctx context.Context, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	k.tried = now
	set, err := k.fetch(ctx)
	if k.failed = err; err == nil {
		k.known, k.readAt = set, now
	}
}

func (k *Keys) fetch(ctx context.Context) (set jose.JSONWebKeySet, err error) {
	var about struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	raw, err := k.get(ctx, strings.TrimSuffix(k.cfg.Issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return set, err
	}
	if err := json.Unmarshal(raw, &about); err != nil {
		return set, fmt.Errorf("read the issuer's configuration: %w", err)
	}
	if about.Issuer != k.cfg.Issuer {
		return set, fmt.Errorf("the configuration is of the issuer %.200q", about.Issuer)
	}
	if !strings.HasPrefix(about.Keys, "https://") {
		return set, fmt.Errorf("the issuer's jwks_uri %.200q is no https URL", about.Keys)
	}
	if raw, err = k.get(ctx, about.Keys); err != nil {
		return set, err
	}
	set.Keys, err = usable(raw)
	return set, err
}

// usable returns the public keys for signatures. A key of a kind that is not known is
// left out, as RFC 7517 has it.
func usable(raw []byte) (out []jose.JSONWebKey, err error) {
	var set struct {
		Keys []jsontext.Value `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, fmt.Errorf("read the issuer's keys: %w", err)
	}
	for _, each := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(each) == nil && key.Valid() && key.IsPublic() && (key.Use == "" || key.Use == "sig") {
			out = append(out, key)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("the issuer has no key for signatures")
	}
	return out, nil
}

func (k *Keys) get(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := k.cfg.Client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("get %s: %s", address, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", address, err)
	}
	if len(body) > answerLimit {
		return nil, fmt.Errorf("get %s: the answer has more than %d bytes", address, answerLimit)
	}
	return body, nil
}
