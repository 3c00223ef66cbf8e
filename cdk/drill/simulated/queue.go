package simulated

import (
	"container/heap"
	"strconv"
	"time"

	"github.com/fluxa/fluxa/cdk/drill/cloudwatch"
)

const (
	// forgottenAfter is how many receives take a message out of the age of the oldest
	// one: "After a message is received three times (or more) and not processed, the
	// message is moved to the back of the queue and the ApproximateAgeOfOldestMessage
	// metric points at the second-oldest message" ("Available CloudWatch metrics for
	// Amazon SQS": https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html).
	forgottenAfter = 3

	// activeFor is how long SQS reports of a queue that is empty and that nobody
	// accesses, awakeAfter how late it reports at most of one that was not active
	// ("Monitoring Amazon SQS queues using CloudWatch":
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html).
	activeFor  = 6 * time.Hour
	awakeAfter = 15 * time.Minute

	// inFlightLimit is how many messages of a queue may be received and neither deleted
	// nor visible again: while there are as many, SQS hands over none ("Amazon SQS
	// message quotas": https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html).
	inFlightLimit = 120_000
)

// message is one on a queue. Hidden ones are in flight.
type message struct {
	id       string
	body     string
	sent     time.Time
	receives int
	visible  time.Time // when a hidden one can be received again
	deleted  bool
	place    int // among the hidden ones, -1 if it is not
}

// queue is a standard queue. Its messages come in the order in which they were sent or
// became visible again, which SQS does not promise.
type queue struct {
	name       string
	visibility time.Duration
	redriveTo  *queue
	receives   int // that a message has before it is moved

	all    map[string]*message
	ready  []*message
	hidden hiddenHeap
	count  int

	sent, received, deleted, empty int       // in this minute
	used                           time.Time // when it was last accessed
	reports                        time.Time // from when on it can be seen
}

func newQueue(name string, visibility time.Duration) *queue {
	return &queue{name: name, visibility: visibility, all: map[string]*message{}}
}

// touch notes an access.
func (q *queue) touch(now time.Time) {
	if q.used.IsZero() || now.Sub(q.used) > activeFor {
		q.reports = now.Add(awakeAfter)
	}
	q.used = now
}

func (q *queue) send(now time.Time, body string) {
	q.count++
	m := &message{id: q.name + "-" + strconv.Itoa(q.count), body: body, sent: now, place: -1}
	q.all[m.id] = m
	q.ready = append(q.ready, m)
	q.sent++
	q.touch(now)
}

// show makes visible what was hidden long enough.
func (q *queue) show(now time.Time) {
	for len(q.hidden) > 0 && !q.hidden[0].visible.After(now) {
		q.ready = append(q.ready, heap.Pop(&q.hidden).(*message))
	}
}

// receive hands over up to limit messages.
func (q *queue) receive(now time.Time, limit int) []*message {
	var out []*message
	for len(out) < limit && len(q.ready) > 0 && len(q.hidden) < inFlightLimit {
		m := q.ready[0]
		q.ready = q.ready[1:]
		if m.deleted {
			continue
		}
		if q.redriveTo != nil && m.receives >= q.receives {
			delete(q.all, m.id)
			q.redriveTo.send(now, m.body)
			continue
		}
		m.receives++
		m.visible = now.Add(q.visibility)
		heap.Push(&q.hidden, m)
		out = append(out, m)
	}
	q.received += len(out)
	if len(out) == 0 {
		q.empty++
	}
	q.touch(now)
	return out
}

// postpone sets when a hidden message can be received again.
func (q *queue) postpone(id string, visible time.Time) {
	if m := q.all[id]; m != nil && m.place >= 0 {
		m.visible = visible
		heap.Fix(&q.hidden, m.place)
	}
}

func (q *queue) remove(id string) {
	m := q.all[id]
	if m == nil {
		return
	}
	if m.place >= 0 {
		heap.Remove(&q.hidden, m.place)
	}
	m.deleted = true
	delete(q.all, id)
	q.deleted++
}

// report puts the metrics of a minute that ends now. A queue that is not active has
// none.
func (q *queue) report(to *cloudwatch.Store, now time.Time) {
	minute := now.Add(-time.Minute)
	if q.used.IsZero() || now.Sub(q.used) > activeFor && len(q.all) == 0 {
		return
	}
	var oldest time.Duration
	for _, m := range q.all {
		if m.receives < forgottenAfter {
			oldest = max(oldest, now.Sub(m.sent))
		}
	}
	for name, value := range map[string]float64{
		"ApproximateAgeOfOldestMessage":         oldest.Truncate(time.Second).Seconds(),
		"ApproximateNumberOfMessagesVisible":    float64(len(q.all) - len(q.hidden)),
		"ApproximateNumberOfMessagesNotVisible": float64(len(q.hidden)),
		"ApproximateNumberOfMessagesDelayed":    0,
		"NumberOfMessagesSent":                  float64(q.sent), "NumberOfMessagesReceived": float64(q.received),
		"NumberOfMessagesDeleted": float64(q.deleted), "NumberOfEmptyReceives": float64(q.empty),
	} {
		to.PutLate(cloudwatch.ID{Namespace: "AWS/SQS", Name: name, Dimensions: "QueueName=" + q.name}, minute, q.reports, value)
	}
	q.sent, q.received, q.deleted, q.empty = 0, 0, 0, 0
}

// hiddenHeap has the message first that becomes visible first.
type hiddenHeap []*message

func (h hiddenHeap) Len() int           { return len(h) }
func (h hiddenHeap) Less(i, j int) bool { return h[i].visible.Before(h[j].visible) }
func (h hiddenHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *hiddenHeap) Push(m any) {
	m.(*message).place = len(*h)
	*h = append(*h, m.(*message))
}

func (h *hiddenHeap) Pop() any {
	last := (*h)[len(*h)-1]
	last.place = -1
	*h = (*h)[:len(*h)-1]
	return last
}
