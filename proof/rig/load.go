package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/proof/checker"
)

const (
	postTimeout = 35 * time.Second // above the 29 seconds after which a gateway gives up
	inFlight    = 64
	answerLimit = 4 << 10
)

// LoadConfig says what is sent, and how fast.
type LoadConfig struct {
	Rate float64 // a second
	Mix  Mix
	Seed uint64
}

// Load sends events at a rate of its own, whatever the answers, and keeps the clients'
// log: what was sent, and what was answered.
type Load struct {
	config LoadConfig
	info   stack.Info
	queue  *sqs.Client
	api    *http.Client
	stop   context.CancelFunc
	ended  sync.WaitGroup

	mu       sync.Mutex
	maker    maker
	sent     []checker.Sent
	accepted int // events that must be stored, each id once
	statuses map[int]int
	strange  []string // answers that no fault explains
}

// StartLoad begins to send, until Stop or the end of ctx.
func StartLoad(ctx context.Context, info stack.Info, queue *sqs.Client, c LoadConfig) *Load {
	ctx, cancel := context.WithCancel(ctx)
	l := &Load{
		config: c, info: info, queue: queue, stop: cancel, statuses: map[int]int{},
		api: &http.Client{Timeout: postTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: inFlight}},
		maker: maker{
			mix: c.Mix, bucket: info.Bucket, run: fmt.Sprintf("%x", c.Seed), random: rand.New(rand.NewPCG(c.Seed, c.Seed)),
		},
	}
	l.ended.Go(func() { l.run(ctx) })
	return l
}

func (l *Load) run(ctx context.Context) {
	places := make(chan struct{}, inFlight)
	ticker := time.NewTicker(time.Duration(float64(time.Second) / l.config.Rate))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		select {
		case <-ctx.Done():
			return
		case places <- struct{}{}:
		}
		l.ended.Go(func() {
			defer func() { <-places }()
			l.send(context.WithoutCancel(ctx))
		})
	}
}

func (l *Load) send(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	l.mu.Lock()
	next, fresh := l.maker.next(time.Now())
	l.mu.Unlock()
	status, answer, err := l.deliver(ctx, next)
	l.mu.Lock()
	defer l.mu.Unlock()
	accepted := err == nil && status == http.StatusAccepted
	l.statuses[status]++
	if strange(status) {
		l.strange = append(l.strange, fmt.Sprintf("%s: %d %s", next.id, status, answer))
	}
	l.sent = append(l.sent, checker.Sent{
		ID: next.id, SHA256: event.Hash([]byte(next.payload)), Meaning: next.meaning, Code: next.code, Accepted: accepted, At: time.Now(),
	})
	if accepted && next.fresh {
		l.accepted++
	}
	if accepted && fresh.id != "" {
		l.maker.remember(fresh)
	}
}

// strange reports whether an answer is one that a client must not get, whatever is
// broken: an error that blames the client, or one that names no cause. 0 is no answer.
func strange(status int) bool {
	switch status {
	case 0, http.StatusAccepted, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return false
	}
	return true
}

// deliver returns 0 for the status when there is no answer.
func (l *Load) deliver(ctx context.Context, next item) (status int, answer string, err error) {
	if next.message != "" {
		attributes := map[string]types.MessageAttributeValue{}
		for name, value := range map[string]string{
			contract.AttrEventID: next.id, contract.AttrCorrelationID: next.id, contract.AttrSchemaVersion: contract.SchemaVersion,
		} {
			attributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
		}
		if _, err := l.queue.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &l.info.QueueURL, MessageBody: &next.message, MessageAttributes: attributes}); err != nil {
			return 0, "", fmt.Errorf("send poison: %w", err)
		}
		return http.StatusAccepted, "", nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, l.info.APIURL+"/events", strings.NewReader(next.payload))
	if err != nil {
		return 0, "", fmt.Errorf("post an event: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := l.api.Do(request)
	if err != nil {
		return 0, "", fmt.Errorf("post an event: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return 0, "", fmt.Errorf("read the answer to an event: %w", err)
	}
	return response.StatusCode, string(text), nil
}

// Change changes what is sent from now on.
func (l *Load) Change(m Mix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.maker.mix = m
}

// Accepted returns how many events were accepted that must be stored, each id once.
func (l *Load) Accepted() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted
}

// Answered returns how many answers there were, and how many of them were 500 or more.
func (l *Load) Answered() (all, failed int) {
	for status, n := range l.Statuses() {
		if status != 0 {
			all += n
		}
		if status >= http.StatusInternalServerError {
			failed += n
		}
	}
	return all, failed
}

// Statuses returns how many answers there were of each status; 0 stands for no answer.
func (l *Load) Statuses() map[int]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.statuses)
}

// Stop ends the load and returns the clients' log. The error names answers that no fault
// explains.
func (l *Load) Stop() ([]checker.Sent, error) {
	l.stop()
	l.ended.Wait()
	l.api.CloseIdleConnections()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.strange) > 0 {
		return l.sent, fmt.Errorf("%d answers that clients must not get, the first to %s", len(l.strange), l.strange[0])
	}
	return l.sent, nil
}
