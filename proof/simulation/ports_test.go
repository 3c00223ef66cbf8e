package simulation

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/ingest"
	"github.com/fluxa/fluxa/pkg/maintain"
	"github.com/fluxa/fluxa/pkg/process"
)

// outside is what an environment sees of the world: every port of every use case. Each
// method waits for the schedule.
type outside struct{ *environment }

var (
	_ process.Store       = outside{}
	_ process.Blobs       = outside{}
	_ process.Notifier    = outside{}
	_ process.Postponer   = outside{}
	_ process.DeadLetters = deadLetters{}
	_ ingest.Queue        = inbox{}
	_ ingest.Blobs        = outside{}
	_ maintain.Store      = outside{}
)

// reach waits for a call that is one whole, and returns what it returned when its effect
// came about.
func reach[T any](ctx context.Context, c *call, effect func() (T, error)) (T, error) {
	var value T
	var err error
	c.whole = func() { value, err = effect() }
	if a := c.by.world.wait(ctx, c); a.err != nil {
		var none T
		return none, a.err
	}
	return value, err
}

func (o outside) PersistBatch(ctx context.Context, records []process.Record, announced []process.BatchID) (process.Persisted, error) {
	w := o.world
	announced = slices.Sorted(slices.Values(announced))
	c := &call{by: o.environment, op: "persist", failure: fault.DatabaseUnavailable}
	for _, r := range records {
		c.about = append(c.about, label(event.Identity{Client: r.Client, ID: r.EventID})+"="+string(r.Status))
		c.kills = c.kills || r.Status == process.StatusSuccess && r.Event.Merchant == merchantKills
	}
	return reach(ctx, c, func() (process.Persisted, error) {
		for _, r := range records {
			if r.Status == process.StatusSuccess && r.Event.Merchant == merchantUnwanted && !w.refuses(r) {
				return process.Persisted{}, fault.New(fault.InvalidEvent, "the database refuses a value of the batch")
			}
		}
		answer, err := w.store.PersistBatch(context.Background(), records, announced)
		w.persisted(records)
		return answer, err
	})
}

func (o outside) Begun(ctx context.Context, ids []string) (map[string]int, error) {
	c := &call{by: o.environment, op: "whose work began", about: ids, failure: fault.DatabaseUnavailable}
	return reach(ctx, c, func() (map[string]int, error) { return o.world.store.Begun(context.Background(), ids) })
}

func (o outside) Begin(ctx context.Context, ids []string) error {
	c := &call{by: o.environment, op: "begin", about: ids, failure: fault.DatabaseUnavailable}
	_, err := reach(ctx, c, func() (none struct{}, _ error) { return none, o.world.store.Begin(context.Background(), ids) })
	return err
}

func (o outside) End(ctx context.Context, ids []string) error {
	c := &call{by: o.environment, op: "end", about: ids, failure: fault.DatabaseUnavailable, passive: true}
	_, err := reach(ctx, c, func() (none struct{}, _ error) { return none, o.world.store.End(context.Background(), ids) })
	return err
}

func (o outside) Event(ctx context.Context, id event.Identity) (event.Stored, error) {
	c := &call{by: o.environment, op: "read", about: []string{label(id)}, only: label(id), failure: fault.DatabaseUnavailable}
	return reach(ctx, c, func() (event.Stored, error) { return o.world.store.Event(context.Background(), id) })
}

const bucketName = "payloads"

func (o outside) Bucket() string { return bucketName }

func (o outside) Get(ctx context.Context, key string, _ int64) ([]byte, error) {
	of, _, _ := event.ParseObjectKey(key)
	c := &call{by: o.environment, op: "get", about: []string{key}, only: label(of), failure: fault.StorageUnavailable}
	return reach(ctx, c, func() ([]byte, error) { return o.world.bytes(key) })
}

func (o outside) Put(ctx context.Context, key string, payload []byte, _ string, received time.Time) error {
	c := &call{by: o.environment, op: "put", about: []string{key}, failure: fault.StorageUnavailable}
	_, err := reach(ctx, c, func() (none struct{}, _ error) {
		o.world.objects[key] = object{string(payload), time.Now(), received}
		return none, nil
	})
	return err
}

func (o outside) Publish(ctx context.Context, all []process.Notification) []error {
	c := &call{by: o.environment, op: "publish", failure: fault.NotifierUnavailable}
	for _, n := range all {
		c.entries = append(c.entries, label(event.Identity{Client: n.Client, ID: n.EventID}))
	}
	c.about = c.entries
	c.entry = func(i int) { o.world.publish(all[i]) }
	return o.world.wait(ctx, c).each(len(all))
}

func (o outside) Postpone(ctx context.Context, all []process.Postponement) []error {
	c := &call{by: o.environment, op: "postpone", failure: fault.QueueUnavailable, passive: true}
	for _, p := range all {
		c.entries = append(c.entries, p.MessageID)
	}
	c.about = c.entries
	c.entry = func(i int) { o.world.queue.hide(all[i].ReceiptHandle, all[i].Delay) }
	return o.world.wait(ctx, c).each(len(all))
}

// each returns an error for each entry, all nil for a call that was a success as a whole.
func (a answer) each(n int) []error {
	if a.errs == nil {
		return make([]error, n)
	}
	return a.errs
}

// deadLetters is outside's way to the DLQ: its method has the name of another one.
type deadLetters struct{ outside }

func (d deadLetters) Send(ctx context.Context, all []process.DeadLetter) []error {
	c := &call{by: d.environment, op: "send to the DLQ", failure: fault.QueueUnavailable}
	for _, l := range all {
		c.about = append(c.about, l.Message.ID+"="+string(l.Code))
		c.entries = append(c.entries, label(event.Identity{Client: l.Client, ID: l.EventID}))
	}
	inv := d.current
	c.entry = func(i int) { d.world.deadLettered(inv, all[i]) }
	return d.world.wait(ctx, c).each(len(all))
}

// attributesOf are those of a dead letter, as pkg/sqsqueue has them.
func attributesOf(l process.DeadLetter) map[string]string {
	out := maps.Clone(l.Message.Attributes)
	if out == nil {
		out = map[string]string{}
	}
	out[contract.AttrErrorCode], out[contract.AttrErrorReason] = string(l.Code), l.Reason
	return out
}

// inbox is ingest's way to the events queue.
type inbox struct{ outside }

func (b inbox) Send(ctx context.Context, all []ingest.Message) []error {
	c := &call{by: b.environment, op: "send", failure: fault.QueueUnavailable}
	for _, m := range all {
		c.entries = append(c.entries, label(event.Identity{Client: m.Client, ID: m.EventID}))
	}
	c.about = c.entries
	c.entry = func(i int) {
		b.world.queue.send(all[i].Body, b.world.originating(map[string]string{contract.AttrSchemaVersion: contract.SchemaVersion}), nil)
		b.world.contentOf(all[i].Body)
	}
	return b.world.wait(ctx, c).each(len(all))
}

func (o outside) table(op string, about ...string) *call {
	return &call{by: o.environment, op: op, about: about, failure: fault.DatabaseUnavailable}
}

func (o outside) Partitions(ctx context.Context) ([]time.Time, error) {
	return reach(ctx, o.table("list the partitions"), func() ([]time.Time, error) {
		return o.world.store.Partitions(context.Background())
	})
}

func (o outside) MakePartition(ctx context.Context, day time.Time) (int64, error) {
	return reach(ctx, o.table("make a partition", day.Format(time.DateOnly)), func() (int64, error) {
		return o.world.store.MakePartition(context.Background(), day)
	})
}

func (o outside) DropPartition(ctx context.Context, day time.Time) error {
	_, err := reach(ctx, o.table("drop a partition", day.Format(time.DateOnly)), func() (none struct{}, _ error) {
		err := o.world.store.DropPartition(context.Background(), day)
		o.world.dropped()
		return none, err
	})
	return err
}

func (o outside) Misplaced(ctx context.Context) ([]time.Time, int64, error) {
	var events int64
	days, err := reach(ctx, o.table("look for misplaced events"), func() (days []time.Time, err error) {
		days, events, err = o.world.store.Misplaced(context.Background())
		return days, err
	})
	if err != nil {
		return nil, 0, err
	}
	return days, events, nil
}

func (o outside) PruneKeys(ctx context.Context, before time.Time, limit int) (int64, error) {
	return reach(ctx, o.table("prune keys", strconv.Itoa(limit)), func() (int64, error) {
		n, err := o.world.store.PruneKeys(context.Background(), before, limit)
		o.world.pruned()
		return n, err
	})
}

func (o outside) PruneAnnouncements(ctx context.Context, before time.Time) (int64, error) {
	return reach(ctx, o.table("prune announcements"), func() (int64, error) {
		return o.world.store.PruneAnnouncements(context.Background(), before)
	})
}
