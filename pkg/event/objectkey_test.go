package event_test

import (
	"testing"

	"github.com/fluxa/fluxa/pkg/event"
)

// A key is read from a listing of the bucket, in which others may have put something.
func FuzzParseObjectKey(f *testing.F) {
	f.Add(event.ObjectKey(event.Identity{ID: "evt_1"}, someHash))
	f.Add(event.ObjectKey(event.Identity{Client: "orders", ID: "evt_1"}, someHash))
	f.Add("raw/a/b/c/d.json")
	f.Fuzz(func(t *testing.T, key string) {
		of, hash, ok := event.ParseObjectKey(key)
		if ok && (event.ObjectKey(of, hash) != key || !event.ValidID(of.ID)) {
			t.Errorf("%q is %+v and %s, whose key is %q", key, of, hash, event.ObjectKey(of, hash))
		}
	})
}
