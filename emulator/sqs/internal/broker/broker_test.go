package broker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

func openBroker(t *testing.T, path string) *Broker {
	t.Helper()
	b, err := Open(Options{
		Path:   path,
		Now:    func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) },
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		NoSync: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func newBroker(t *testing.T) *Broker {
	t.Helper()
	b := openBroker(t, filepath.Join(t.TempDir(), "sqs.db"))
	for _, name := range []string{"q", "dlq"} {
		if err := b.Create(t.Context(), name, settings(), nil); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func settings() Settings {
	return Settings{VisibilityTimeout: 30 * time.Second, Retention: time.Hour, MaxMessageBytes: 1 << 20}
}

func send(t *testing.T, b *Broker, body string) error {
	t.Helper()
	_, err := b.Send(t.Context(), "q", []Message{{Body: body}})
	return err
}

func stats(t *testing.T, b *Broker, name string) Stats {
	t.Helper()
	q, err := b.Queue(name)
	if err != nil {
		t.Fatal(err)
	}
	return q.Stats
}

// A full disk: the group fails as a whole, the index goes back to what the file
// holds, and the next change that fits succeeds.
func TestAFailedCommitRefusesTheChangeAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	if err := send(t, b, "kept"); err != nil {
		t.Fatal(err)
	}
	got, err := b.Receive(t.Context(), "q", ReceiveOptions{Max: 1})
	if err != nil || len(got) != 1 {
		t.Fatalf("receive: %v, %v", got, err)
	}
	info, err := os.Stat(b.db.Path())
	if err != nil {
		t.Fatal(err)
	}
	b.db.MaxSize = int(info.Size())

	if err := send(t, b, strings.Repeat("x", 1<<25)); err == nil {
		t.Fatal("a message that does not fit on the disk was accepted")
	}
	if got := stats(t, b, "q"); got != (Stats{InFlight: 1}) {
		t.Errorf("stats are %+v, want the one message still in flight", got)
	}
	if err := send(t, b, "fits"); err != nil {
		t.Errorf("the next message: %v", err)
	}
	results, err := b.DeleteMessages(t.Context(), "q", []string{got[0].ReceiptHandle})
	if err != nil || results[0] != nil {
		t.Errorf("delete after the failure: %v, %v", results, err)
	}
	if got := stats(t, b, "q"); got != (Stats{Visible: 1}) {
		t.Errorf("stats are %+v, want one visible", got)
	}
}

func TestAnErrorInAGroupFailsOnlyItsOwnChange(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	ctx := t.Context()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	good := &op{ctx: ctx, done: make(chan struct{}), apply: func(t *txn) error {
		t.append(b.queues["q"], header{ID: "1", Sent: t.now}, []byte("x"))
		return nil
	}}
	bad := &op{ctx: ctx, done: make(chan struct{}), apply: func(*txn) error { return ErrQueueNotFound }}
	late := &op{ctx: cancelled, done: make(chan struct{}), apply: func(t *txn) error {
		t.append(b.queues["q"], header{ID: "2", Sent: t.now}, []byte("x"))
		return nil
	}}
	for _, o := range []*op{good, bad, late} {
		b.ops <- o
	}
	for _, o := range []*op{good, bad, late} {
		<-o.done
	}
	if good.err != nil || !errors.Is(bad.err, ErrQueueNotFound) || !errors.Is(late.err, context.Canceled) {
		t.Errorf("errors are %v, %v, %v", good.err, bad.err, late.err)
	}
	if got := stats(t, b, "q"); got != (Stats{Visible: 1}) {
		t.Errorf("stats are %+v, want the good message only", got)
	}
}

func TestWaitingChangesShareOneCommit(t *testing.T) {
	t.Parallel()
	b := &Broker{ops: make(chan *op, opsQueued)}
	for range opsQueued {
		b.ops <- &op{}
	}
	if got := len(b.collect(&op{})); got != maxGroupOps {
		t.Errorf("a group of %d, want %d", got, maxGroupOps)
	}
	if got := len(b.collect(&op{})); got != 2 {
		t.Errorf("a group of %d, want the 2 that were left", got)
	}
	for range 4 {
		b.ops <- &op{bytes: maxGroupBytes / 2}
	}
	if got := len(b.collect(&op{})); got != 3 {
		t.Errorf("a group of %d, want it to end at %d bytes", got, maxGroupBytes)
	}
}

func TestAClosedBrokerRefusesEverything(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := send(t, b, "x"); !errors.Is(err, ErrClosed) {
		t.Errorf("send: %v, want ErrClosed", err)
	}
	wait := time.Second
	if _, err := b.Receive(t.Context(), "q", ReceiveOptions{Max: 1, Wait: &wait}); !errors.Is(err, ErrClosed) {
		t.Errorf("receive: %v, want ErrClosed", err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestARestartFindsTheSameIndex(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sqs.db")
	b := openBroker(t, path)
	s := settings()
	if err := b.Create(t.Context(), "dlq", s, nil); err != nil {
		t.Fatal(err)
	}
	s.Redrive = &Redrive{Target: "dlq", MaxReceives: 1}
	if err := b.Create(t.Context(), "q", s, nil); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		if err := send(t, b, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	none := time.Duration(0)
	take := func(n int) []Received {
		t.Helper()
		got, err := b.Receive(t.Context(), "q", ReceiveOptions{Max: n, Visibility: &none})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	done := take(3)
	if _, err := b.DeleteMessages(t.Context(), "q", []string{done[0].ReceiptHandle}); err != nil {
		t.Fatal(err)
	}
	take(10)
	take(10)
	before := snapshot(b)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	after := snapshot(openBroker(t, path))
	if !maps.Equal(before, after) {
		t.Errorf("the index before was\n%v\nafter\n%v", before, after)
	}
	if len(after) != 5 {
		t.Errorf("%d messages, want the 5 that were not deleted", len(after))
	}
}

func snapshot(b *Broker) map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]string{}
	for _, q := range b.queues {
		q.advance(b.now())
		for seq, e := range q.entries {
			out[fmt.Sprint(q.name, "/", seq)] = fmt.Sprintf("%+v sent %d carried %d place %d", e.state, e.sent, e.carried, e.place)
		}
	}
	return out
}

func TestRecordsRoundTrip(t *testing.T) {
	t.Parallel()
	h := header{ID: "id", Sent: 1, Due: 2, Sender: "s", Trace: "t", Source: "q", Carried: 3, First: 4,
		Attributes: map[string]Attribute{"a": {DataType: "Binary", Binary: []byte{0, 1}}}}
	body := []byte("body")
	record, err := encodeRecord(h, body)
	if err != nil {
		t.Fatal(err)
	}
	got, gotBody, err := decodeRecord(record)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(h) || !bytes.Equal(gotBody, body) {
		t.Errorf("got %+v %q %v", got, gotBody, err)
	}
	for name, broken := range map[string][]byte{
		"empty": nil, "length only": {5}, "length too long": {0xFF, 0xFF, 1, '{'}, "no JSON": {1, 'x'},
	} {
		if _, _, err := decodeRecord(broken); err == nil {
			t.Errorf("%s record was read", name)
		}
	}
	if _, err := decodeState(make([]byte, stateSize-1)); err == nil {
		t.Error("a short state was read")
	}
	s := state{receives: 1, first: -2, received: 3, due: 4, nonce: 1<<64 - 1}
	if got, err := decodeState(s.encode()); err != nil || got != s {
		t.Errorf("state is %+v, %v, want %+v", got, err, s)
	}
}

func TestAFileOfAnotherFormatIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sqs.db")
	if err := openBroker(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error { return tx.Bucket(bucketFormat()).Put(keyVersion(), []byte("99")) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Path: path}); err == nil || !strings.Contains(err.Error(), "format 99") {
		t.Errorf("got %v, want an error that names format 99", err)
	}
}
