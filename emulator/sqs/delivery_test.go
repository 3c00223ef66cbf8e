package sqs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/emulator/sqs"
)

func TestVisibilityTimeoutHidesAMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url := s.queue("events", map[string]string{"VisibilityTimeout": "30"})
		s.send(url, "x")
		first := s.receiveOne(url)
		time.Sleep(29999 * time.Millisecond)
		if got := s.receive(url); len(got) != 0 {
			t.Fatalf("received %d messages inside the time-out", len(got))
		}
		s.wantStats("events", sqs.Stats{InFlight: 1})
		time.Sleep(time.Millisecond)
		s.wantStats("events", sqs.Stats{Visible: 1})
		second := s.receiveOne(url)
		if got := second.Attributes["ApproximateReceiveCount"]; got != "2" {
			t.Errorf("receive count is %s, want 2", got)
		}
		if got, want := second.Attributes["ApproximateFirstReceiveTimestamp"], first.Attributes["ApproximateFirstReceiveTimestamp"]; got != want {
			t.Errorf("first receive is %s, want %s", got, want)
		}
		if *first.ReceiptHandle == *second.ReceiptHandle {
			t.Error("both receives have one handle")
		}
	})
}

func TestAnOldReceiptHandleChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url := s.queue("events", nil)
		s.send(url, "x")
		old := s.receiveOne(url).ReceiptHandle
		time.Sleep(30 * time.Second)
		current := s.receiveOne(url).ReceiptHandle

		if _, err := s.client.DeleteMessage(s.ctx(), &awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: old}); err != nil {
			t.Errorf("delete by the old handle: %v, want to be ignored", err)
		}
		s.wantStats("events", sqs.Stats{InFlight: 1})
		_, err := s.client.ChangeMessageVisibility(s.ctx(), &awssqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: old, VisibilityTimeout: 0})
		if err == nil || !strings.Contains(err.Error(), "not available for visibility timeout change") {
			t.Errorf("visibility by the old handle: %v", err)
		}
		s.wantStats("events", sqs.Stats{InFlight: 1})
		if _, err := s.client.DeleteMessage(s.ctx(), &awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: current}); err != nil {
			t.Errorf("delete by the current handle: %v", err)
		}
		s.wantStats("events", sqs.Stats{})
		if _, err := s.client.DeleteMessage(s.ctx(), &awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: current}); err != nil {
			t.Errorf("second delete: %v, want success", err)
		}
	})
}

func TestChangeMessageVisibility(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url := s.queue("events", map[string]string{"VisibilityTimeout": "30"})
		s.send(url, "x")
		change := func(handle *string, seconds int32) error {
			_, err := s.client.ChangeMessageVisibility(s.ctx(), &awssqs.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: handle, VisibilityTimeout: seconds})
			return err
		}
		m := s.receiveOne(url)
		if err := change(m.ReceiptHandle, 100); err != nil {
			t.Fatal(err)
		}
		time.Sleep(99 * time.Second)
		s.wantStats("events", sqs.Stats{InFlight: 1})
		if err := change(m.ReceiptHandle, 0); err != nil {
			t.Fatal(err)
		}
		s.wantStats("events", sqs.Stats{Visible: 1})
		m = s.receiveOne(url)
		if got := m.Attributes["ApproximateReceiveCount"]; got != "2" {
			t.Errorf("receive count is %s, want 2", got)
		}
		time.Sleep(time.Second)
		if err := change(m.ReceiptHandle, 43200); err == nil || !strings.Contains(err.Error(), "beyond the limit") {
			t.Errorf("beyond 12 hours since the receive: %v", err)
		}
		if err := change(m.ReceiptHandle, 43199); err != nil {
			t.Errorf("exactly 12 hours since the receive: %v", err)
		}
	})
}

// The messages wait in one order and are settled in another.
func TestEachMessageHasItsOwnVisibility(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url := s.queue("events", map[string]string{"VisibilityTimeout": "100"})
		for i := range 6 {
			s.send(url, fmt.Sprint(i))
		}
		got := s.receive(url)
		for i, seconds := range []int32{50, 10, 40, 20, 30, 60} {
			_, err := s.client.ChangeMessageVisibility(s.ctx(), &awssqs.ChangeMessageVisibilityInput{QueueUrl: &url,
				ReceiptHandle: got[i].ReceiptHandle, VisibilityTimeout: seconds})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, i := range []int{2, 5} {
			if _, err := s.client.DeleteMessage(s.ctx(), &awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: got[i].ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
		s.wantStats("events", sqs.Stats{InFlight: 4})
		for _, want := range []string{"1", "3", "4", "", "0", ""} {
			time.Sleep(10 * time.Second)
			if got := strings.Join(bodies(s.receive(url)), " "); got != want {
				t.Errorf("after 10 s more %q became visible, want %q", got, want)
			}
		}
	})
}

func TestDelays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url := s.queue("events", map[string]string{"DelaySeconds": "10"})
		s.send(url, "queue's delay")
		if _, err := s.client.SendMessage(s.ctx(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("own delay"), DelaySeconds: 900}); err != nil {
			t.Fatal(err)
		}
		s.wantStats("events", sqs.Stats{Delayed: 2})
		time.Sleep(5 * time.Second)
		s.reopen()
		s.wantStats("events", sqs.Stats{Delayed: 2})
		time.Sleep(5 * time.Second)
		s.wantStats("events", sqs.Stats{Visible: 1, Delayed: 1})
		url = s.queue("events", nil)
		if got := bodies(s.receive(url)); !slices.Equal(got, []string{"queue's delay"}) {
			t.Errorf("received %v", got)
		}
		time.Sleep(890 * time.Second)
		if got := bodies(s.receive(url)); !slices.Contains(got, "own delay") {
			t.Errorf("received %v, want the one with its own delay", got)
		}
	})
}

func TestLongPollEndsWhenAMessageComes(t *testing.T) {
	t.Parallel()
	poll := func(s *stand, url string) chan []types.Message {
		got := make(chan []types.Message, 1)
		go func() {
			out, err := s.client.ReceiveMessage(s.ctx(), &awssqs.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 20})
			if err != nil {
				s.t.Error(err)
				got <- nil
				return
			}
			got <- out.Messages
		}()
		synctest.Wait()
		return got
	}
	t.Run("sent meanwhile", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newTimedStand(t)
			url := s.queue("events", nil)
			got := poll(s, url)
			s.send(url, "x")
			if m := <-got; len(m) != 1 {
				t.Errorf("received %d messages, want 1", len(m))
			}
		})
	})
	t.Run("visible again meanwhile", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newTimedStand(t)
			url := s.queue("events", map[string]string{"VisibilityTimeout": "7"})
			s.send(url, "x")
			s.receiveOne(url)
			got := poll(s, url)
			time.Sleep(7 * time.Second)
			if m := <-got; len(m) != 1 {
				t.Errorf("received %d messages, want 1", len(m))
			}
		})
	})
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newTimedStand(t)
			got := poll(s, s.queue("events", nil))
			time.Sleep(20 * time.Second)
			if m := <-got; len(m) != 0 {
				t.Errorf("received %d messages, want none", len(m))
			}
		})
	})
	t.Run("by the queue's own wait", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newTimedStand(t)
			url := s.queue("events", map[string]string{"ReceiveMessageWaitTimeSeconds": "5"})
			done := make(chan int, 1)
			go func() { done <- len(s.receive(url)) }()
			synctest.Wait()
			time.Sleep(5 * time.Second)
			if n := <-done; n != 0 {
				t.Errorf("received %d messages, want none", n)
			}
		})
	})
}

func TestCloseEndsLongPolls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url := s.queue("events", nil)
		failed := make(chan error, 1)
		go func() {
			_, err := s.client.ReceiveMessage(s.ctx(), &awssqs.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 20})
			failed <- err
		}()
		synctest.Wait()
		if err := s.server.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-failed; err == nil || !strings.Contains(err.Error(), "ServiceUnavailable") {
			t.Errorf("long poll at the end: %v, want ServiceUnavailable", err)
		}
	})
}

func TestAFullQueueGivesALongPollNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t, func(c *sqs.Config) { c.MaxInFlight = 2 })
		url := s.queue("events", nil)
		for range 3 {
			s.send(url, "x")
		}
		if got := s.receive(url); len(got) != 2 {
			t.Fatalf("received %d, want no more than may be in flight", len(got))
		}
		done := make(chan int, 1)
		go func() {
			out, err := s.client.ReceiveMessage(s.ctx(), &awssqs.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 5})
			if err != nil {
				t.Error(err)
			}
			done <- len(out.Messages)
		}()
		synctest.Wait()
		time.Sleep(5 * time.Second)
		if n := <-done; n != 0 {
			t.Errorf("long poll received %d, want none and no error", n)
		}
	})
}

func TestRestartReleasesMessagesInFlightAndKeepsTheirCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTimedStand(t)
		url := s.queue("events", map[string]string{"VisibilityTimeout": "43200"})
		s.send(url, "x")
		first := s.receiveOne(url)
		time.Sleep(time.Second)
		s.reopen()
		s.wantStats("events", sqs.Stats{Visible: 1})
		url = s.queue("events", nil)
		second := s.receiveOne(url)
		if got := second.Attributes["ApproximateReceiveCount"]; got != "2" {
			t.Errorf("receive count is %s, want 2", got)
		}
		for _, name := range []string{"ApproximateFirstReceiveTimestamp", "SentTimestamp"} {
			if got, want := second.Attributes[name], first.Attributes[name]; got != want {
				t.Errorf("%s is %s, want %s", name, got, want)
			}
		}
		s.reopen()
		url = s.queue("events", nil)
		if _, err := s.client.DeleteMessage(s.ctx(), &awssqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: second.ReceiptHandle}); err != nil {
			t.Error(err)
		}
		s.wantStats("events", sqs.Stats{})
	})
}
