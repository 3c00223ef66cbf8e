package broker

import (
	"container/heap"
	"container/list"
)

type place uint8

const (
	visible place = iota
	delayed
	inFlight
)

// entry is the index's knowledge of one message. Times are Unix milliseconds.
type entry struct {
	state
	seq     uint64
	sent    int64
	carried uint32
	place   place
	element *list.Element // in queue.visible while visible
	slot    int           // in queue.waiting while delayed or in flight
}

// queue is the index of one queue: every message is either in the visible list,
// oldest first, or in the waiting heap, earliest due first.
type queue struct {
	id       uint64
	name     string
	settings Settings
	created  int64
	modified int64
	purged   int64

	entries  map[uint64]*entry
	visible  list.List
	waiting  dueHeap
	inFlight int

	// changed is closed, and replaced, when a message becomes visible or the
	// queue goes away: it wakes those who wait for one.
	changed chan struct{}
}

func newQueue(name string) *queue {
	return &queue{name: name, entries: map[uint64]*entry{}, changed: make(chan struct{})}
}

func (q *queue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// add puts a new entry where its due time says.
func (q *queue) add(e *entry, now int64) {
	q.entries[e.seq] = e
	if e.due > now {
		q.park(e, delayed)
		return
	}
	q.show(e)
}

func (q *queue) show(e *entry) {
	e.place = visible
	e.element = q.visible.PushBack(e)
	q.wake()
}

func (q *queue) park(e *entry, p place) {
	e.place = p
	if p == inFlight {
		q.inFlight++
	}
	heap.Push(&q.waiting, e)
	if e.slot == 0 {
		q.wake()
	}
}

// lift takes an entry out of the list or heap that holds it.
func (q *queue) lift(e *entry) {
	if e.place == visible {
		q.visible.Remove(e.element)
		e.element = nil
		return
	}
	heap.Remove(&q.waiting, e.slot)
	if e.place == inFlight {
		q.inFlight--
	}
}

func (q *queue) remove(e *entry) {
	q.lift(e)
	delete(q.entries, e.seq)
}

// advance makes every message visible whose time has come.
func (q *queue) advance(now int64) {
	for len(q.waiting) > 0 && q.waiting[0].due <= now {
		e := q.waiting[0]
		q.lift(e)
		q.show(e)
	}
}

func (q *queue) clear() {
	q.entries = map[uint64]*entry{}
	q.visible.Init()
	q.waiting = nil
	q.inFlight = 0
	q.wake()
}

func (q *queue) stats() Stats {
	return Stats{
		Visible:  q.visible.Len(),
		InFlight: q.inFlight,
		Delayed:  len(q.waiting) - q.inFlight,
	}
}

// oldest returns when the oldest message was sent, in Unix milliseconds: of those in
// flight or delayed, and of the visible one that is received next. It returns 0 for an
// empty queue.
func (q *queue) oldest() int64 {
	var out int64
	if next := q.visible.Front(); next != nil {
		out = next.Value.(*entry).sent
	}
	for _, e := range q.waiting {
		if out == 0 || e.sent < out {
			out = e.sent
		}
	}
	return out
}

func (q *queue) expired(e *entry, now int64) bool {
	return e.sent+q.settings.Retention.Milliseconds() <= now
}

func (q *queue) exhausted(e *entry) bool {
	redrive := q.settings.Redrive
	return redrive != nil && int64(e.receives) >= int64(redrive.MaxReceives)
}

type dueHeap []*entry

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due < h[j].due }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].slot, h[j].slot = i, j
}

func (h *dueHeap) Push(x any) {
	e := x.(*entry)
	e.slot = len(*h)
	*h = append(*h, e)
}

func (h *dueHeap) Pop() any {
	old := *h
	last := len(old) - 1
	e := old[last]
	old[last] = nil
	*h = old[:last]
	return e
}
