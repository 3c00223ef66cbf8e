package s3blob_test

import (
	"net/http"
	"testing"

	"github.com/fluxa/fluxa/pkg/fault"
)

func TestBucket_checks_leave_nothing_behind(t *testing.T) {
	t.Parallel()
	mini := newMini()
	bucket := newBucket(t, mini)
	if err := bucket.CheckPut(t.Context()); err != nil {
		t.Error(err)
	}
	if err := bucket.CheckGet(t.Context()); err != nil {
		t.Error(err)
	}
	if len(mini.objects) != 0 {
		t.Errorf("objects %v", mini.objects)
	}
}

func TestBucket_checks_fail_without_rights_and_without_a_bucket(t *testing.T) {
	t.Parallel()
	for code, status := range map[string]int{"AccessDenied": http.StatusForbidden, "NoSuchBucket": http.StatusNotFound, "InternalError": http.StatusInternalServerError} {
		bucket := newBucket(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { problem(w, status, code) }))
		for name, err := range map[string]error{"put": bucket.CheckPut(t.Context()), "get": bucket.CheckGet(t.Context())} {
			if fault.CodeOf(err) != fault.StorageUnavailable {
				t.Errorf("%s of %s: %v", name, code, err)
			}
		}
	}
	takesAll := newBucket(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	if err := takesAll.CheckPut(t.Context()); err == nil {
		t.Error("a bucket that stores what differs from its hash passes")
	}
}
