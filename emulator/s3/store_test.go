package s3

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
)

func newBackend(t *testing.T) *backend {
	t.Helper()
	st, err := openStore(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.close(); err != nil {
			t.Error(err)
		}
	})
	b := &backend{store: st}
	if err := b.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestABodyOfAnotherLengthIsRefused(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	for _, size := range []int64{4, 6} {
		_, err := b.PutObject("bucket", "k", nil, strings.NewReader("hello"), size, nil)
		if !gofakes3.HasErrorCode(err, gofakes3.ErrIncompleteBody) {
			t.Errorf("5 bytes for %d: %v, want IncompleteBody", size, err)
		}
	}
	if files, err := os.ReadDir(b.store.blobs); err != nil || len(files) != 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

func TestAMissingBlobIsAnErrorAndNoEndlessSearch(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	if _, err := b.PutObject("bucket", "k", nil, strings.NewReader("hello"), 5, nil); err != nil {
		t.Fatal(err)
	}
	o, err := b.store.get("bucket", "k")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(b.store.blobs, o.Blob)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.GetObject("bucket", "k", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want an error that says the file is missing", err)
	}
}

func TestADeletedBucketTakesItsObjects(t *testing.T) {
	t.Parallel()
	b := newBackend(t)
	if _, err := b.PutObject("bucket", "k", nil, strings.NewReader("hello"), 5, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.ForceDeleteBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(b.store.blobs); err != nil || len(files) != 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
	if _, err := b.HeadObject("bucket", "k"); !gofakes3.HasErrorCode(err, gofakes3.ErrNoSuchBucket) {
		t.Errorf("got %v, want NoSuchBucket", err)
	}
}
