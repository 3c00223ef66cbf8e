package simulation

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fluxa/fluxa/pkg/erase"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

var (
	_ erase.Store = outside{}
	_ erase.Blobs = outside{}
)

func (o outside) BeginErasure(ctx context.Context, of erase.Subject, _ string) (erase.Begun, error) {
	return reach(ctx, o.table("begin an erasure"), func() (erase.Begun, error) { return o.world.beginErasure(of) })
}

func (o outside) UserEvents(ctx context.Context, of erase.Subject, until time.Time, _ int) ([]erase.Event, error) {
	return reach(ctx, o.table("find the events of a user"), func() ([]erase.Event, error) { return o.world.userEvents(of, until), nil })
}

// CountUserEvents is for a question of an operator that changes nothing; no schedule asks it.
func (o outside) CountUserEvents(context.Context, erase.Subject, time.Time) (none erase.Counts, _ error) {
	return none, fault.New(fault.Internal, "no schedule counts")
}

func (o outside) EraseEvents(ctx context.Context, of erase.Begun, events []erase.Event) error {
	var about []string
	for _, e := range events {
		about = append(about, label(e.Identity))
	}
	_, err := reach(ctx, o.table("erase events", about...), func() (none struct{}, _ error) { return none, o.world.eraseEvents(of, events) })
	return err
}

func (o outside) Unstored(ctx context.Context, objects []erase.Object) ([]erase.Object, error) {
	return reach(ctx, o.table("look which objects have events"), func() ([]erase.Object, error) {
		rows := o.world.store.Events()
		return slices.DeleteFunc(slices.Clone(objects), func(x erase.Object) bool { return rows[x.Identity].Key == x.Key }), nil
	})
}

func (o outside) NoteErased(ctx context.Context, of erase.Begun, x erase.Object) error {
	_, err := reach(ctx, o.table("note an erased object", x.Key), func() (none struct{}, _ error) {
		o.world.erasedHashes[x.SHA256] = true
		o.world.store.RefusePayload(x.Client, x.SHA256, of.At)
		return none, nil
	})
	return err
}

func (o outside) FinishErasure(ctx context.Context, of erase.Begun) (none erase.Counts, _ error) {
	_, err := reach(ctx, o.table("finish an erasure"), func() (none struct{}, _ error) { return none, o.world.finishErasure(of) })
	return none, err
}

// Erased is asked by the command line, which is no part of the simulation.
func (o outside) Erased(context.Context, []string) ([]string, error) {
	return nil, fault.New(fault.Internal, "no schedule asks for hashes")
}

// Objects lists two a page, so that an erasure is interrupted between others.
func (o outside) Objects(ctx context.Context, prefix, token string, _ int) (page []erase.Object, next string, err error) {
	c := &call{by: o.environment, op: "list objects", about: []string{prefix, token}, failure: fault.StorageUnavailable}
	page, err = reach(ctx, c, func() (page []erase.Object, _ error) {
		for _, key := range slices.Sorted(maps.Keys(o.world.objects)) {
			if !strings.HasPrefix(key, prefix) || key <= token {
				continue
			}
			if len(page) == 2 {
				next = page[1].Key
				break
			}
			of, hash, _ := event.ParseObjectKey(key)
			page = append(page, erase.Object{Identity: of, SHA256: hash, Key: key, Modified: o.world.objects[key].modified})
		}
		return page, nil
	})
	if err != nil {
		return nil, "", err
	}
	return page, next, nil
}

func (o outside) GetVersion(ctx context.Context, key, _ string, _ int64) (payload []byte, received time.Time, err error) {
	c := &call{by: o.environment, op: "get a version", about: []string{key}, failure: fault.StorageUnavailable}
	payload, err = reach(ctx, c, func() ([]byte, error) {
		received = o.world.objects[key].received
		return o.world.bytes(key)
	})
	return payload, received, err
}

func (o outside) Remove(ctx context.Context, key string) error {
	c := &call{by: o.environment, op: "remove", about: []string{key}, failure: fault.StorageUnavailable}
	_, err := reach(ctx, c, func() (none struct{}, _ error) {
		o.world.remove(o.environment, key)
		return none, nil
	})
	return err
}
