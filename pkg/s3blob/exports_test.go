package s3blob_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

func TestExports_gives_back_what_was_written(t *testing.T) {
	t.Parallel()
	mini := newMini()
	files := newBucket(t, mini).Exports()
	if err := files.Write(t.Context(), "week/table.sql", "text/plain", strings.NewReader("sql"), event.Hash([]byte("sql"))); err != nil {
		t.Fatal(err)
	}
	got, err := files.Read(t.Context(), "week/table.sql", 3)
	if err != nil || string(got) != "sql" || mini.headers["/payloads/exports/week/table.sql"].Get("Content-Type") != "text/plain" || files.Bucket() != "payloads" {
		t.Errorf("got %q, error %v, of %s", got, err, files.Bucket())
	}
	if _, err := files.Read(t.Context(), "week/table.sql", 2); fault.CodeOf(err) != fault.PayloadTooLarge {
		t.Errorf("of a larger one: %v", err)
	}
	if _, err := files.Read(t.Context(), "week/other", 3); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("of a missing one: %v", err)
	}
	if err := files.Write(t.Context(), "week/table.sql", "text/plain", strings.NewReader("damaged"), event.Hash([]byte("sql"))); fault.CodeOf(err) != fault.StorageUnavailable || mini.puts != 1 {
		t.Errorf("damaged on the way: %v, %d objects", err, mini.puts)
	}
	if err := files.Write(t.Context(), "week/table.sql", "text/plain", strings.NewReader(""), "zz"); fault.CodeOf(err) != fault.Internal {
		t.Errorf("without a hash: %v", err)
	}
}

func TestExports_are_not_missing_when_the_bucket_fails(t *testing.T) {
	t.Parallel()
	for code, status := range map[string]int{"AccessDenied": http.StatusForbidden, "NoSuchBucket": http.StatusNotFound, "SlowDown": http.StatusServiceUnavailable} {
		files := newBucket(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { problem(w, status, code) })).Exports()
		if _, err := files.Read(t.Context(), "week/manifest.json", 3); fault.CodeOf(err) != fault.StorageUnavailable {
			t.Errorf("%s: %v: the export would begin anew", code, err)
		}
	}
}
