// Package jwkstest has an issuer of tokens to test with.
package jwkstest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Issuer serves its configuration and its keys over HTTPS, as an OpenID Connect
// provider does.
type Issuer struct {
	URL    string
	Client *http.Client // trusts the server's certificate

	mu    sync.Mutex
	keys  map[string]crypto.Signer
	calls map[string]int
	down  bool
	about map[string]any // what the configuration says instead
}

// Start starts an issuer without keys, which ends with the test.
func Start(t testing.TB) *Issuer {
	t.Helper()
	i := &Issuer{keys: map[string]crypto.Signer{}, calls: map[string]int{}}
	server := httptest.NewTLSServer(http.HandlerFunc(i.serve))
	t.Cleanup(server.Close)
	i.URL, i.Client = server.URL, server.Client()
	return i
}

func (i *Issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.calls[r.URL.Path]++
	var body any
	switch {
	case i.down:
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	case r.URL.Path == "/.well-known/openid-configuration":
		body = map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys"}
		if i.about != nil {
			body = i.about
		}
	case r.URL.Path == "/keys":
		// A key of a kind that nobody knows, and one that is not for signatures.
		set := []any{map[string]any{"kty": "future", "kid": "x"}, map[string]any{"kty": "oct", "kid": "y", "k": "c2VjcmV0"}}
		for id, key := range i.keys {
			set = append(set, jose.JSONWebKey{Key: key.Public(), KeyID: id, Use: "sig"})
		}
		body = map[string]any{"keys": set}
	default:
		http.NotFound(w, r)
		return
	}
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(fmt.Sprintf("jwkstest: %v", err))
	}
}

// Calls is how often the keys were asked for.
func (i *Issuer) Calls() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.calls["/keys"]
}

// Down lets the issuer answer nothing, or again.
func (i *Issuer) Down(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

// Says changes the configuration.
func (i *Issuer) Says(about map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.about = about
}

// RSA adds a new RSA key.
func (i *Issuer) RSA(t testing.TB, id string) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return i.add(id, key)
}

// EC adds a new key of the curve P-256.
func (i *Issuer) EC(t testing.TB, id string) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return i.add(id, key)
}

func (i *Issuer) add(id string, key crypto.Signer) crypto.Signer {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys[id] = key
	return key
}

// Remove takes a key back.
func (i *Issuer) Remove(id string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.keys, id)
}

// Sign returns a token with the claims, signed by a key under an id.
func Sign(t testing.TB, key any, algorithm jose.SignatureAlgorithm, id string, claims map[string]any) string {
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
