package simulation

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// message is one on a queue. It is in flight while it was received and is not visible.
type message struct {
	id         string
	body       string
	attributes map[string]string
	binary     map[string][]byte
	sent       time.Time
	visible    time.Time // when it can be received
	receives   int
	drained    int // receives since the faults are over
}

// receipt is what the receiver of a message knows it by.
func (m *message) receipt() string { return m.id + "#" + strconv.Itoa(m.receives) }

func (m *message) inFlight(now time.Time) bool { return m.receives > 0 && m.visible.After(now) }

// delivery is a message as one receiver got it.
type delivery struct {
	id, body, receipt string
	receives          int
	attributes        map[string]string
	binary            map[string][]byte
}

// queue is a standard queue of SQS.
//
// It hands its messages over in no order, and now and then one that is in flight or
// deleted ("Amazon SQS at-least-once delivery":
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html);
// both as a schedule says. A receipt is of one receive: with an older one the deletion
// succeeds and deletes nothing
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html),
// where SQS says that it might not. While inFlight messages are in flight, 120,000 on AWS,
// it hands over none ("Amazon SQS message quotas":
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html).
// A message that was received as often as receives allows is moved to redriveTo when it
// would be received once more, and keeps its age, since the time of its sending stays
// ("Using dead-letter queues in Amazon SQS":
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html).
type queue struct {
	name       string
	visibility time.Duration
	retention  time.Duration
	inFlight   int
	receives   int
	redriveTo  *queue

	messages []*message
	deleted  []*message // that may come again
	count    int
	expired  func(*message)
}

func (q *queue) send(body string, attributes map[string]string, binary map[string][]byte) {
	q.count++
	now := time.Now()
	q.messages = append(q.messages, &message{
		id: q.name + strconv.Itoa(q.count), body: body, sent: now, visible: now,
		attributes: maps.Clone(attributes), binary: maps.Clone(binary),
	})
}

// visibleOnes returns what can be received, in the order in which it was sent.
func (q *queue) visibleOnes() []*message {
	q.expire()
	now := time.Now()
	var out []*message
	for _, m := range q.messages {
		if !m.visible.After(now) {
			out = append(out, m)
		}
	}
	return out
}

// expire deletes what is older than the queue keeps messages.
func (q *queue) expire() {
	now := time.Now()
	q.messages = slices.DeleteFunc(q.messages, func(m *message) bool {
		old := now.Sub(m.sent) > q.retention
		if old {
			q.expired(m)
		}
		return old
	})
}

// receive hands over up to limit messages, beginning with the one that first names and
// going on with every third one.
func (q *queue) receive(limit, first int) []delivery {
	var out []delivery
	candidates := q.visibleOnes()
	for at := first; len(candidates) > 0 && len(out) < limit && q.countInFlight() < q.inFlight; at += 2 {
		at %= len(candidates)
		m := candidates[at]
		candidates = slices.Delete(candidates, at, at+1)
		if q.redriveTo != nil && m.receives >= q.receives {
			q.messages = slices.DeleteFunc(q.messages, func(other *message) bool { return other == m })
			m.visible, m.receives = time.Now(), 0
			q.redriveTo.messages = append(q.redriveTo.messages, m)
			continue
		}
		m.receives++
		m.drained++
		m.visible = time.Now().Add(q.visibility)
		out = append(out, delivery{m.id, m.body, m.receipt(), m.receives, m.attributes, m.binary})
	}
	return out
}

func (q *queue) countInFlight() int {
	n, now := 0, time.Now()
	for _, m := range q.messages {
		if m.inFlight(now) {
			n++
		}
	}
	return n
}

// byReceipt returns the message that was received last with a receipt, nil if there is
// none.
func (q *queue) byReceipt(receipt string) *message {
	for _, m := range q.messages {
		if m.receipt() == receipt {
			return m
		}
	}
	return nil
}

// hide sets when a message can be received again, if the receipt is still good
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html).
func (q *queue) hide(receipt string, delay time.Duration) {
	if m := q.byReceipt(receipt); m != nil && m.inFlight(time.Now()) {
		m.visible = time.Now().Add(delay)
	}
}

// remove deletes a message, and reports whether the receipt was good.
func (q *queue) remove(receipt string) bool {
	m := q.byReceipt(receipt)
	if m == nil {
		return false
	}
	q.messages = slices.DeleteFunc(q.messages, func(other *message) bool { return other == m })
	q.deleted = append(q.deleted, m)
	return true
}

// reappear has a message come again: one in flight, or one that was deleted no longer ago
// than a queue keeps messages.
func (q *queue) reappear(which int) (string, bool) {
	now := time.Now()
	var candidates []*message
	for _, m := range q.messages {
		if m.inFlight(now) {
			candidates = append(candidates, m)
		}
	}
	for _, m := range q.deleted {
		if now.Sub(m.sent) < q.retention-reserve {
			candidates = append(candidates, m)
		}
	}
	if len(candidates) == 0 {
		return "", false
	}
	m := candidates[which%len(candidates)]
	m.visible = now
	if !slices.Contains(q.messages, m) {
		q.deleted = slices.DeleteFunc(q.deleted, func(other *message) bool { return other == m })
		q.messages = append(q.messages, m)
	}
	return m.id, true
}

// oldest returns when the oldest message was sent, and whether there is any.
func (q *queue) oldest() (time.Time, bool) {
	var out time.Time
	for _, m := range q.messages {
		if out.IsZero() || m.sent.Before(out) {
			out = m.sent
		}
	}
	return out, len(q.messages) > 0
}
