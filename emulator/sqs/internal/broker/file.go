package broker

import (
	"encoding/json"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// The file has four root buckets. "format" holds the version of this layout;
// "queues" maps a name to its record; "messages" and "states" hold one bucket a
// queue, both keyed by the message's sequence number.
const formatVersion = "1"

func bucketFormat() []byte   { return []byte("format") }
func bucketQueues() []byte   { return []byte("queues") }
func bucketMessages() []byte { return []byte("messages") }
func bucketStates() []byte   { return []byte("states") }
func keyVersion() []byte     { return []byte("version") }

type queueRecord struct {
	ID       uint64   `json:"id"`
	Created  int64    `json:"created"`
	Modified int64    `json:"modified"`
	Purged   int64    `json:"purged,omitempty"`
	Settings Settings `json:"settings"`
}

func (b *Broker) prepare() error {
	err := b.db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketFormat(), bucketQueues(), bucketMessages(), bucketStates()} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return fmt.Errorf("make bucket %s: %w", name, err)
			}
		}
		format := tx.Bucket(bucketFormat())
		switch version := format.Get(keyVersion()); {
		case version == nil:
			return format.Put(keyVersion(), []byte(formatVersion))
		case string(version) != formatVersion:
			return fmt.Errorf("the file has format %s, this program reads format %s", version, formatVersion)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.load(true)
}

// load builds the index from the file. With release, messages that were in
// flight become visible. The caller holds mu, or has the broker to itself.
func (b *Broker) load(release bool) error {
	queues := map[string]*queue{}
	now := b.now()
	err := b.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(bucketQueues()).ForEach(func(name, value []byte) error {
			q, err := loadQueue(tx, string(name), value, now, release)
			if err != nil {
				return fmt.Errorf("read queue %s: %w", name, err)
			}
			queues[q.name] = q
			return nil
		})
	})
	if err != nil {
		return err
	}
	b.queues = queues
	return nil
}

func loadQueue(tx *bolt.Tx, name string, value []byte, now int64, release bool) (*queue, error) {
	var record queueRecord
	if err := json.Unmarshal(value, &record); err != nil {
		return nil, fmt.Errorf("decode its record: %w", err)
	}
	q := newQueue(name)
	q.id, q.settings = record.ID, record.Settings
	q.created, q.modified, q.purged = record.Created, record.Modified, record.Purged
	messages := tx.Bucket(bucketMessages()).Bucket([]byte(name))
	states := tx.Bucket(bucketStates()).Bucket([]byte(name))
	if messages == nil || states == nil {
		return nil, fmt.Errorf("its messages are missing from the file")
	}
	err := messages.ForEach(func(key, record []byte) error {
		h, _, err := decodeRecord(record)
		if err != nil {
			return err
		}
		e := newEntry(sequenceOf(key), h)
		if value := states.Get(key); value != nil {
			if e.state, err = decodeState(value); err != nil {
				return err
			}
		}
		q.restore(e, now, release)
		return nil
	})
	return q, err
}

// restore adds an entry read from the file. A message that was received and is
// not due yet is in flight, or under a back-off its receiver asked for.
func (q *queue) restore(e *entry, now int64, release bool) {
	if e.receives > 0 && e.due > now && !release {
		q.entries[e.seq] = e
		q.park(e, inFlight)
		return
	}
	if e.receives > 0 {
		e.due = min(e.due, now)
	}
	q.add(e, now)
}

func newEntry(seq uint64, h header) *entry {
	return &entry{
		seq:     seq,
		sent:    h.Sent,
		carried: h.Carried,
		state:   state{first: h.First, due: h.Due},
	}
}

func (t *txn) messages(q *queue) *bolt.Bucket {
	return t.begin().Bucket(bucketMessages()).Bucket([]byte(q.name))
}

func (t *txn) states(q *queue) *bolt.Bucket {
	return t.begin().Bucket(bucketStates()).Bucket([]byte(q.name))
}

// append writes a message at the end of a queue and adds it to the index.
func (t *txn) append(q *queue, h header, body []byte) {
	record, err := encodeRecord(h, body)
	t.fail(err)
	if t.begin() == nil || t.err != nil {
		return
	}
	messages := t.messages(q)
	seq, err := messages.NextSequence()
	t.fail(err)
	if t.err != nil {
		return
	}
	t.fail(messages.Put(sequenceKey(seq), record))
	q.add(newEntry(seq, h), t.now)
}

// read returns a message. The body is part of the mapped file: it is to be
// copied before the transaction ends.
func (t *txn) read(q *queue, e *entry) (header, []byte, bool) {
	if t.begin() == nil {
		return header{}, nil, false
	}
	h, body, err := decodeRecord(t.messages(q).Get(sequenceKey(e.seq)))
	if err != nil {
		t.fail(fmt.Errorf("message %d of queue %s: %w", e.seq, q.name, err))
		return header{}, nil, false
	}
	return h, body, true
}

func (t *txn) saveState(q *queue, e *entry) {
	if t.begin() != nil {
		t.fail(t.states(q).Put(sequenceKey(e.seq), e.encode()))
	}
}

// drop deletes a message from the file and the index.
func (t *txn) drop(q *queue, e *entry) {
	if t.begin() == nil {
		return
	}
	key := sequenceKey(e.seq)
	t.fail(t.messages(q).Delete(key))
	t.fail(t.states(q).Delete(key))
	q.remove(e)
}

func (t *txn) saveQueue(q *queue) {
	value, err := json.Marshal(queueRecord{
		ID: q.id, Created: q.created, Modified: q.modified, Purged: q.purged, Settings: q.settings,
	})
	t.fail(err)
	if tx := t.begin(); tx != nil && t.err == nil {
		t.fail(tx.Bucket(bucketQueues()).Put([]byte(q.name), value))
	}
}

// resetMessages empties a queue's buckets, or makes them. Sequence numbers begin
// anew; a receipt handle of an earlier message does not match a later one of the
// same number, since the nonce differs.
func (t *txn) resetMessages(q *queue) {
	tx := t.begin()
	if tx == nil {
		return
	}
	name := []byte(q.name)
	for _, parent := range []*bolt.Bucket{tx.Bucket(bucketMessages()), tx.Bucket(bucketStates())} {
		if parent.Bucket(name) != nil {
			t.fail(parent.DeleteBucket(name))
		}
		_, err := parent.CreateBucket(name)
		t.fail(err)
	}
}

func (t *txn) deleteQueue(q *queue) {
	tx := t.begin()
	if tx == nil {
		return
	}
	name := []byte(q.name)
	t.fail(tx.Bucket(bucketMessages()).DeleteBucket(name))
	t.fail(tx.Bucket(bucketStates()).DeleteBucket(name))
	t.fail(tx.Bucket(bucketQueues()).Delete(name))
}

func millis(ms int64) time.Time { return time.UnixMilli(ms) }
