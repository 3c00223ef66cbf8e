package stack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
	events "github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/operate"
)

// usersEvents are what was accepted of some users, by event id.
type usersEvents struct {
	mu       sync.Mutex
	accepted map[string]string // the user
	slow     atomic.Bool       // two events in half a second, in each lane
}

// load posts events of two users, a tenth of them large, until ctx ends.
func (u *usersEvents) load(ctx context.Context, p *product, lane int) {
	for n := 0; ctx.Err() == nil; n++ {
		for _, user := range []string{"ada", "bob"} {
			id, metadata := fmt.Sprintf("%s-%d-%d", user, lane, n), `{}`
			if n%10 == 0 {
				metadata = fmt.Sprintf(`{"k":%q}`, strings.Repeat(user, contract.InlineLimit/3+1))
			}
			body := fmt.Sprintf(`{"event_id":%q,"user_id":%q,"amount":1,"currency":"EUR","merchant":"m","timestamp":"2026-01-31T12:00:00Z","metadata":%s}`, id, user, metadata)
			a, err := call(p.t.Context(), http.MethodPost, p.Info().APIURL+"/events", []byte(body))
			if err != nil || a.status != http.StatusAccepted {
				p.t.Errorf("%s: %s, %v", id, a, err)
				return
			}
			u.mu.Lock()
			u.accepted[id] = user
			u.mu.Unlock()
		}
		if u.slow.Load() {
			select {
			case <-time.After(500 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}
}

func (u *usersEvents) of(user string) (n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, owner := range u.accepted {
		if owner == user {
			n++
		}
	}
	return n
}

// objectsOf counts the payload objects of a user.
func (p *product) objectsOf(user string) (n int) {
	p.t.Helper()
	client := s3.New(s3.Options{
		Region: stack.Region, BaseEndpoint: aws.String(p.Info().AWSEndpoint), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: aws.String(stack.Bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(p.t.Context())
		if err != nil {
			p.t.Fatal(err)
		}
		for _, o := range page.Contents {
			got, err := client.GetObject(p.t.Context(), &s3.GetObjectInput{Bucket: aws.String(stack.Bucket), Key: o.Key})
			if err != nil {
				p.t.Fatal(err)
			}
			payload, err := io.ReadAll(got.Body)
			if err != nil {
				p.t.Fatal(err)
			}
			if owner, err := events.UserID(payload); err == nil && owner == user {
				n++
			}
		}
	}
	return n
}

// eraseKilled erases a user, and kills maintain again and again, each time a little later
// after its call, until it ends before it is killed. It returns how often it was killed, and
// until when what was accepted is erased. It calls waits when the erasure waits for uploads.
func (p *product) eraseKilled(user string, waits func()) (kills int, until time.Time) {
	p.t.Helper()
	request := operate.Request{Operation: contract.OperationErase, By: "eva", Arguments: []byte(fmt.Sprintf(`{"user_id":%q,"client":"*"}`, user))}
	for after := 20 * time.Millisecond; ; after += after / 2 {
		payload, err := json.Marshal(request)
		if err != nil {
			p.t.Fatal(err)
		}
		killer := time.AfterFunc(after, func() {
			for _, pid := range p.Function(contract.FunctionMaintain).Pids() {
				_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
			}
		})
		text, functionError, err := p.Function(contract.FunctionMaintain).Call(p.t.Context(), payload, "")
		if err != nil {
			p.t.Fatal(err)
		}
		if killer.Stop(); functionError != "" {
			kills++
			continue
		}
		var answer operate.Answer
		if err := json.Unmarshal(text, &answer); err != nil {
			p.t.Fatal(err)
		}
		if answer.Error != nil {
			p.t.Logf("after %s: %+v", after, *answer.Error) // the caller tries again
		}
		request.Token = answer.Token
		var report struct {
			Until time.Time
			Waits bool `json:"waits_for_uploads"`
		}
		if err := json.Unmarshal(answer.Report, &report); err != nil {
			p.t.Fatal(err)
		}
		if report.Waits {
			waits()
		}
		if answer.Done {
			return kills, report.Until
		}
	}
}

// TestErase_under_load_and_killed_leaves_nothing_of_the_user erases one of two users while
// both send, and kills maintain at it.
func TestErase_under_load_and_killed_leaves_nothing_of_the_user(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	sent := usersEvents{accepted: map[string]string{}}
	ctx, stop := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	for lane := range 3 {
		senders.Go(func() { sent.load(ctx, p, lane) })
	}
	eventually(t, func() string {
		if n := p.number(`SELECT count(*) FROM events WHERE user_id = 'ada'`); n < 50 {
			return fmt.Sprintf("%d events of the user are stored", n)
		}
		return ""
	})
	kills, until := p.eraseKilled("ada", func() { sent.slow.Store(true) })
	stop()
	senders.Wait()
	p.drained()
	if kills == 0 || until.IsZero() {
		t.Fatalf("killed %d times, erased until %s", kills, until)
	}
	if !sent.slow.Load() {
		t.Error("the erasure did not wait for uploads")
	}
	// What was accepted later is the user's again.
	later := p.number(`SELECT count(*) FROM events WHERE user_id = 'ada'`)
	if before := p.number(`SELECT count(*) FROM events WHERE user_id = 'ada' AND received_at <= $1`, until); before != 0 || later == 0 {
		t.Errorf("%d events of before the erasure are left, %d of later are stored", before, later)
	}
	if keys := p.number(`SELECT count(*) FROM idempotency_keys WHERE event_id LIKE 'ada-%'`); keys != later {
		t.Errorf("%d keys for %d events", keys, later)
	}
	if objects, large := p.objectsOf("ada"), p.number(`SELECT count(*) FROM events WHERE user_id = 'ada' AND s3_key IS NOT NULL`); objects != large {
		t.Errorf("%d objects for %d large events", objects, large)
	}
	if stored, accepted := p.number(`SELECT count(*) FROM events WHERE user_id = 'bob'`), sent.of("bob"); stored != accepted {
		t.Errorf("of the other user %d events are stored, %d were accepted", stored, accepted)
	}
	if large, objects := p.number(`SELECT count(*) FROM events WHERE user_id = 'bob' AND s3_key IS NOT NULL`), p.objectsOf("bob"); large != objects || large == 0 {
		t.Errorf("of the other user %d events are large, and %d objects", large, objects)
	}
	erased := p.number(`SELECT events FROM erasures WHERE finished_at IS NOT NULL`)
	if dead := p.deadLetters(); len(dead) != 0 {
		t.Errorf("the DLQ has %v", dead)
	}
	t.Logf("killed %d times; erased %d of %d accepted, %d came later", kills, erased, sent.of("ada"), later)
}
