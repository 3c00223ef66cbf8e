package event_test

import (
	"testing"

	"github.com/fluxa/fluxa/pkg/event"
)

func TestUserID(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]string{
		`{"user_id":"ada"}`: "ada",
		`{"metadata":{"user_id":"x"},"user_id":"a\u0064a"}`: "ada",
		`{"user_id":"x","user_id":"ada"}`:                   "ada",
		`{"amount":"not one","user_id":"ada"}`:              "ada",
		`{"User_ID":"ada"}`:                                 "",
		`{}`:                                                "",
		`null`:                                              "",
	} {
		if got, err := event.UserID([]byte(payload)); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", payload, got, err, want)
		}
	}
	for _, payload := range []string{``, `{`, `[]`, `"ada"`, `{"user_id":1}`, `{"user_id":"ada"} x`} {
		if got, err := event.UserID([]byte(payload)); err == nil {
			t.Errorf("%s: got %q, want an error", payload, got)
		}
	}
}

func TestParseObjectKey_is_the_way_back(t *testing.T) {
	t.Parallel()
	hash := event.Hash([]byte("x"))
	for _, want := range []event.Identity{{ID: "e"}, {ID: "raw"}, {Client: "orders", ID: "a:b.json"}} {
		if got, sha, ok := event.ParseObjectKey(event.ObjectKey(want, hash)); !ok || got != want || sha != hash {
			t.Errorf("%+v: got %+v, %s, %t", want, got, sha, ok)
		}
	}
	for _, key := range []string{
		"", "raw/", "raw/e", "raw/e/" + hash, "raw/e/" + hash[1:] + ".json", "e/" + hash + ".json", "raw//e/" + hash + ".json",
		"raw/Not a client/e/" + hash + ".json", "raw/a/b/c/" + hash + ".json", "exports/e/" + hash + ".json",
	} {
		if got, sha, ok := event.ParseObjectKey(key); ok {
			t.Errorf("%q: got %+v, %s", key, got, sha)
		}
	}
}
