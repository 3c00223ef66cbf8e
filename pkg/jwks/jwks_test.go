package jwks_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/jwks"
	"github.com/fluxa/fluxa/pkg/jwks/jwkstest"
)

// clock is a time that only a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func keysOf(t *testing.T, issuer *jwkstest.Issuer) (*jwks.Keys, *clock) {
	t.Helper()
	c := &clock{now: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}
	keys, err := jwks.New(jwks.Config{Issuer: issuer.URL, Client: issuer.Client, Now: c.time})
	if err != nil {
		t.Fatal(err)
	}
	return keys, c
}

// has demands that a key is known or not, after so many readings in all.
func has(t *testing.T, issuer *jwkstest.Issuer, keys *jwks.Keys, id string, want bool, readings int) {
	t.Helper()
	key, err := keys.Key(t.Context(), id)
	if err != nil || (key != nil) != want || issuer.Calls() != readings {
		t.Errorf("%q: got %v, %v after %d readings, want %v after %d", id, key, err, issuer.Calls(), want, readings)
	}
}

func TestKey_is_read_once_an_hour(t *testing.T) {
	t.Parallel()
	issuer := jwkstest.Start(t)
	issuer.RSA(t, "a")
	issuer.EC(t, "b")
	keys, clock := keysOf(t, issuer)
	has(t, issuer, keys, "a", true, 1)
	has(t, issuer, keys, "b", true, 1)
	clock.pass(time.Hour - time.Second)
	has(t, issuer, keys, "a", true, 1)
	issuer.Remove("a")
	clock.pass(time.Second)
	has(t, issuer, keys, "a", false, 2)
	has(t, issuer, keys, "b", true, 2)
}

func TestKey_that_is_new_is_found_and_one_that_nobody_has_asks_the_issuer_once_in_ten_seconds(t *testing.T) {
	t.Parallel()
	issuer := jwkstest.Start(t)
	issuer.RSA(t, "a")
	keys, clock := keysOf(t, issuer)
	has(t, issuer, keys, "a", true, 1)
	for range 50 {
		has(t, issuer, keys, "forged", false, 1)
	}
	issuer.EC(t, "b")
	clock.pass(10 * time.Second)
	has(t, issuer, keys, "b", true, 2)
	has(t, issuer, keys, "forged", false, 2)
}

func TestKey_of_no_id_is_the_only_one(t *testing.T) {
	t.Parallel()
	issuer := jwkstest.Start(t)
	issuer.RSA(t, "a")
	keys, clock := keysOf(t, issuer)
	has(t, issuer, keys, "", true, 1)
	issuer.EC(t, "b")
	clock.pass(time.Hour)
	has(t, issuer, keys, "", false, 2)
}

func TestKey_serves_on_for_a_day_while_the_issuer_is_down(t *testing.T) {
	t.Parallel()
	issuer := jwkstest.Start(t)
	issuer.RSA(t, "a")
	keys, clock := keysOf(t, issuer)
	has(t, issuer, keys, "a", true, 1)
	issuer.Down(true)
	clock.pass(23 * time.Hour)
	has(t, issuer, keys, "a", true, 1)
	clock.pass(time.Hour)
	_, err := keys.Key(t.Context(), "a")
	if fault.CodeOf(err) != fault.IssuerUnavailable || !strings.Contains(err.Error(), "503") {
		t.Errorf("got %v", err)
	}
	issuer.Down(false)
	clock.pass(10 * time.Second)
	has(t, issuer, keys, "a", true, 2)
}

func TestKey_is_not_known_of_an_issuer_that_is_wrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		about map[string]any
		want  string
	}{
		"another issuer":   {map[string]any{"issuer": "https://other.example.com", "jwks_uri": "https://other.example.com/keys"}, `the configuration is of the issuer "https://other.example.com"`},
		"keys without TLS": {map[string]any{"issuer": "", "jwks_uri": "http://127.0.0.1/keys"}, `the issuer's jwks_uri "http://127.0.0.1/keys" is no https URL`},
		"no keys":          {nil, "the issuer has no key for signatures"},
		"no such document": {map[string]any{"issuer": "", "jwks_uri": "/none"}, "404"},
		"a wrong type":     {map[string]any{"issuer": 1}, "read the issuer's configuration"},
		"nothing is said":  {map[string]any{}, `the configuration is of the issuer ""`},
	} {
		issuer := jwkstest.Start(t)
		if about := c.about; about != nil {
			if about["issuer"] == "" {
				about["issuer"] = issuer.URL
			}
			if about["jwks_uri"] == "/none" {
				about["jwks_uri"] = issuer.URL + "/none"
			}
			issuer.Says(about)
		}
		keys, _ := keysOf(t, issuer)
		_, err := keys.Key(t.Context(), "a")
		if fault.CodeOf(err) != fault.IssuerUnavailable || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}

func TestKey_of_callers_that_ask_at_once_is_read_once(t *testing.T) {
	t.Parallel()
	issuer := jwkstest.Start(t)
	issuer.RSA(t, "a")
	keys, _ := keysOf(t, issuer)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if key, err := keys.Key(t.Context(), "a"); key == nil || err != nil {
				t.Errorf("got %v, %v", key, err)
			}
		})
	}
	all.Wait()
	if issuer.Calls() != 1 {
		t.Errorf("%d readings", issuer.Calls())
	}
}

func TestNew_wants_an_issuer_with_TLS(t *testing.T) {
	t.Parallel()
	for _, issuer := range []string{"", "http://login.example.com", "login.example.com", "https://", "https://login.example.com?a=b", "https://login.example.com/#a"} {
		if _, err := jwks.New(jwks.Config{Issuer: issuer}); err == nil || !strings.HasPrefix(err.Error(), "jwks: Issuer must be an https URL") {
			t.Errorf("%q: got %v", issuer, err)
		}
	}
}
