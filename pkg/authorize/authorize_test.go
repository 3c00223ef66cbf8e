package authorize_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/fluxa/fluxa/pkg/authorize"
	"github.com/fluxa/fluxa/pkg/fault"
)

const issuer, audience = "https://login.example.com/", "fluxa"

var now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// keys are those of the issuer by their ids.
type keys map[string]any

func (k keys) Key(_ context.Context, id string) (*jose.JSONWebKey, error) {
	switch key := k[id].(type) {
	case nil:
		return nil, nil
	case error:
		return nil, key
	default:
		return &jose.JSONWebKey{Key: key, KeyID: id}, nil
	}
}

func sign(t *testing.T, key any, algorithm jose.SignatureAlgorithm, id string, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", id))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func good(changes map[string]any) map[string]any {
	c := map[string]any{"iss": issuer, "aud": audience, "sub": "alice", "exp": now.Add(time.Hour).Unix(), "nbf": now.Unix(), "iat": now.Unix()}
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

func TestCaller(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	down := fault.New(fault.IssuerUnavailable, "down")
	a, err := authorize.New(authorize.Config{
		Keys: keys{"r": rsaKey.Public(), "e": ecKey.Public(), "down": error(down)}, Issuer: issuer, Audience: audience, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	es := func(changes map[string]any) string { return "Bearer " + sign(t, ecKey, jose.ES256, "e", good(changes)) }
	public, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	if err != nil {
		t.Fatal(err)
	}
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"e"}`)) + "." + strings.Split(es(nil), ".")[1] + "."
	for name, c := range map[string]struct {
		header string
		want   string // the caller
		code   fault.Code
	}{
		"RS256":                             {"Bearer " + sign(t, rsaKey, jose.RS256, "r", good(nil)), issuer + "#alice", ""},
		"PS512":                             {"Bearer " + sign(t, rsaKey, jose.PS512, "r", good(nil)), issuer + "#alice", ""},
		"ES256, the scheme in another case": {"bearer " + sign(t, ecKey, jose.ES256, "e", good(nil)), issuer + "#alice", ""},
		"a subject of any text":             {es(map[string]any{"sub": "a b#c|ü"}), issuer + "#a+b%23c%7C%C3%BC", ""},
		"one of several audiences":          {es(map[string]any{"aud": []string{"other", audience}}), issuer + "#alice", ""},
		"a client id where there is no aud": {es(map[string]any{"aud": nil, "client_id": audience}), issuer + "#alice", ""},
		"expired within the leeway":         {es(map[string]any{"exp": now.Add(-29 * time.Second).Unix()}), issuer + "#alice", ""},

		"nothing":                        {"", "", fault.Unauthorized},
		"another scheme":                 {"Basic YTpi", "", fault.Unauthorized},
		"no token":                       {"Bearer ", "", fault.Unauthorized},
		"no token of three parts":        {"Bearer abc", "", fault.Unauthorized},
		"a token that is too long":       {"Bearer " + strings.Repeat("a", 10_241), "", fault.Unauthorized},
		"no signature":                   {"Bearer " + unsigned, "", fault.Unauthorized},
		"a secret: the public key":       {"Bearer " + sign(t, public, jose.HS256, "r", good(nil)), "", fault.Unauthorized},
		"another's key of the same id":   {"Bearer " + sign(t, rsaKey, jose.RS256, "e", good(nil)), "", fault.Unauthorized},
		"a key that the issuer lacks":    {"Bearer " + sign(t, ecKey, jose.ES256, "x", good(nil)), "", fault.Unauthorized},
		"a changed payload":              {tampered(es(nil)), "", fault.Unauthorized},
		"another issuer":                 {es(map[string]any{"iss": "https://login.example.com"}), "", fault.Unauthorized},
		"expired":                        {es(map[string]any{"exp": now.Add(-31 * time.Second).Unix()}), "", fault.Unauthorized},
		"without an end":                 {es(map[string]any{"exp": nil}), "", fault.Unauthorized},
		"not yet":                        {es(map[string]any{"nbf": now.Add(time.Minute).Unix()}), "", fault.Unauthorized},
		"no subject":                     {es(map[string]any{"sub": nil}), "", fault.Unauthorized},
		"another audience":               {es(map[string]any{"aud": "other"}), "", fault.Forbidden},
		"another aud beside a client id": {es(map[string]any{"aud": "other", "client_id": audience}), "", fault.Forbidden},
		"no audience":                    {es(map[string]any{"aud": nil}), "", fault.Forbidden},
		"an issuer that is down":         {"Bearer " + sign(t, ecKey, jose.ES256, "down", good(nil)), "", fault.IssuerUnavailable},
	} {
		got, err := a.Caller(t.Context(), c.header)
		if got != c.want || (c.code == "") != (err == nil) || (err != nil && fault.CodeOf(err) != c.code) {
			t.Errorf("%s: got %q, %v; want %q, %s", name, got, err, c.want, c.code)
		}
		if _, token, _ := strings.Cut(c.header, " "); err != nil && len(token) > 9 && strings.Contains(err.Error(), token) {
			t.Errorf("%s: the error has the token: %v", name, err)
		}
	}
}

// tampered changes the subject and leaves the signature.
func tampered(header string) string {
	parts := strings.Split(header, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		panic(err) // the test made it
	}
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), "alice", "mallo", 1)))
	return strings.Join(parts, ".")
}

func TestNew_names_what_is_missing(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]authorize.Config{
		"authorize: Keys is required":     {Issuer: issuer, Audience: audience},
		"authorize: Issuer is required":   {Keys: keys{}, Audience: audience},
		"authorize: Audience is required": {Keys: keys{}, Issuer: issuer},
	} {
		if _, err := authorize.New(c); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
