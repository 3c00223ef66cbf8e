package sqs_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/fluxa/fluxa/emulator/sqs"
)

func TestRedriveAfterTheLastReceive(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	url, _ := s.withDLQ(3)
	_, err := s.client.SendMessage(s.ctx(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("poison"),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"event_id": {DataType: aws.String("String"), StringValue: aws.String("e-1")},
		},
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String(testTrace)},
		}})
	if err != nil {
		t.Fatal(err)
	}
	var first types.Message
	for i := range 3 {
		got := s.receiveOne(url)
		if i == 0 {
			first = got
		}
		if want := fmt.Sprint(i + 1); got.Attributes["ApproximateReceiveCount"] != want {
			t.Errorf("receive count is %s, want %s", got.Attributes["ApproximateReceiveCount"], want)
		}
		s.clock.Advance(30 * time.Second)
	}
	s.wantStats("main", sqs.Stats{Visible: 1})
	s.reopen()
	url = s.queue("main", nil)
	if got := s.receive(url); len(got) != 0 {
		t.Fatalf("received %d messages after the last allowed receive", len(got))
	}
	s.wantStats("main", sqs.Stats{})
	s.wantStats("dlq", sqs.Stats{Visible: 1})
	s.reopen()
	s.wantStats("main", sqs.Stats{})
	dead := s.receiveOne(s.queue("dlq", nil))
	if *dead.MessageId != *first.MessageId || *dead.Body != "poison" || *dead.MessageAttributes["event_id"].StringValue != "e-1" {
		t.Errorf("the dead letter is %+v", dead)
	}
	want := maps.Clone(first.Attributes)
	want["ApproximateReceiveCount"] = "4"
	want["DeadLetterQueueSourceArn"] = arnPrefix + "main"
	if !maps.Equal(dead.Attributes, want) {
		t.Errorf("system attributes are %v, want %v", dead.Attributes, want)
	}
}

func TestRedriveDoesNotHoldBackGoodMessages(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	url, _ := s.withDLQ(1)
	for i := range 10 {
		s.send(url, fmt.Sprint("poison-", i))
	}
	s.receive(url)
	s.clock.Advance(30 * time.Second)
	for i := range 5 {
		s.send(url, fmt.Sprint("good-", i))
	}
	got := bodies(s.receive(url))
	slices.Sort(got)
	if want := []string{"good-0", "good-1", "good-2", "good-3", "good-4"}; !slices.Equal(got, want) {
		t.Errorf("received %v, want %v", got, want)
	}
	s.wantStats("dlq", sqs.Stats{Visible: 10})
}

// deadLetters puts n messages on the dead-letter queue by way of its source.
func (s *stand) deadLetters(url string, n int) []string {
	s.t.Helper()
	var ids []string
	for i := range n {
		ids = append(ids, s.send(url, fmt.Sprint("m-", i)))
	}
	for range (n + 9) / 10 {
		s.receive(url)
	}
	s.clock.Advance(30 * time.Second)
	if got := s.receive(url); len(got) != 0 {
		s.t.Fatalf("received %d messages, want all of them dead-lettered", len(got))
	}
	s.wantStats("dlq", sqs.Stats{Visible: n})
	return ids
}

func (s *stand) startMove(in awssqs.StartMessageMoveTaskInput) string {
	s.t.Helper()
	in.SourceArn = aws.String(arnPrefix + "dlq")
	out, err := s.client.StartMessageMoveTask(s.ctx(), &in)
	if err != nil {
		s.t.Fatal(err)
	}
	return *out.TaskHandle
}

func (s *stand) lastMove() types.ListMessageMoveTasksResultEntry {
	s.t.Helper()
	out, err := s.client.ListMessageMoveTasks(s.ctx(), &awssqs.ListMessageMoveTasksInput{SourceArn: aws.String(arnPrefix + "dlq")})
	if err != nil || len(out.Results) != 1 {
		s.t.Fatalf("list moves: %+v, %v", out, err)
	}
	return out.Results[0]
}

func (s *stand) awaitMove(status string) types.ListMessageMoveTasksResultEntry {
	s.t.Helper()
	s.eventually("the move is "+status, func() bool { return *s.lastMove().Status == status })
	return s.lastMove()
}

func TestMoveTaskTakesMessagesBackToTheirSource(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	url, _ := s.withDLQ(1)
	old := s.deadLetters(url, 5)
	s.startMove(awssqs.StartMessageMoveTaskInput{})
	task := s.awaitMove("COMPLETED")
	if task.ApproximateNumberOfMessagesMoved != 5 || *task.ApproximateNumberOfMessagesToMove != 5 || task.TaskHandle != nil ||
		*task.SourceArn != arnPrefix+"dlq" || task.StartedTimestamp != s.clock.Now().UnixMilli() {
		t.Errorf("the task is %+v", task)
	}
	s.wantStats("dlq", sqs.Stats{})
	got := s.receive(url)
	if len(got) != 5 {
		t.Fatalf("received %d messages, want 5", len(got))
	}
	for _, m := range got {
		if m.Attributes["ApproximateReceiveCount"] != "1" || slices.Contains(old, *m.MessageId) {
			t.Errorf("a moved message is a new one, but its id is %s and its receive count %s", *m.MessageId, m.Attributes["ApproximateReceiveCount"])
		}
		if _, ok := m.Attributes["DeadLetterQueueSourceArn"]; ok {
			t.Error("a moved message still names its dead-letter source")
		}
	}
}

func TestMoveTaskToAnotherQueueTakesDirectSendsToo(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	_, dlq := s.withDLQ(1)
	other := s.queue("other", nil)
	s.send(dlq, "sent here directly")
	s.startMove(awssqs.StartMessageMoveTaskInput{DestinationArn: aws.String(arnPrefix + "other")})
	if task := s.awaitMove("COMPLETED"); *task.DestinationArn != arnPrefix+"other" {
		t.Errorf("the task is %+v", task)
	}
	if got := bodies(s.receive(other)); !slices.Equal(got, []string{"sent here directly"}) {
		t.Errorf("received %v", got)
	}
}

func TestMoveTaskLeavesWhatComesWhileItRuns(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	_, dlq := s.withDLQ(1)
	s.queue("other", nil)
	for i := range 3 {
		s.send(dlq, fmt.Sprint(i))
	}
	// Twenty a second are two each tenth of a second.
	s.startMove(awssqs.StartMessageMoveTaskInput{DestinationArn: aws.String(arnPrefix + "other"), MaxNumberOfMessagesPerSecond: aws.Int32(20)})
	s.eventually("two messages are moved", func() bool { return s.lastMove().ApproximateNumberOfMessagesMoved == 2 })
	s.send(dlq, "late")
	if err := s.clock.AwaitWaiter(s.ctx(), 100*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(100 * time.Millisecond)
	if task := s.awaitMove("COMPLETED"); task.ApproximateNumberOfMessagesMoved != 3 {
		t.Errorf("the task is %+v", task)
	}
	s.wantStats("dlq", sqs.Stats{Visible: 1})
	s.wantStats("other", sqs.Stats{Visible: 3})
}

func TestMoveTaskFailsForAMessageWithoutSource(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	_, dlq := s.withDLQ(1)
	s.send(dlq, "sent here directly")
	s.startMove(awssqs.StartMessageMoveTaskInput{})
	if task := s.awaitMove("FAILED"); *task.FailureReason != "CouldNotDetermineMessageSource" {
		t.Errorf("the task is %+v", task)
	}
	s.wantStats("dlq", sqs.Stats{Visible: 1})
}

func TestMoveTaskKeepsItsRateAndCanBeCancelled(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	url, _ := s.withDLQ(1)
	s.deadLetters(url, 5)
	handle := s.startMove(awssqs.StartMessageMoveTaskInput{MaxNumberOfMessagesPerSecond: aws.Int32(1)})
	step := func(want int64) {
		t.Helper()
		s.eventually(fmt.Sprintf("%d messages are moved", want), func() bool { return s.lastMove().ApproximateNumberOfMessagesMoved == want })
		if err := s.clock.AwaitWaiter(s.ctx(), time.Second); err != nil {
			t.Fatal(err)
		}
	}
	step(1)
	s.wantStats("main", sqs.Stats{Visible: 1})
	s.clock.Advance(time.Second)
	step(2)
	task := s.lastMove()
	if *task.Status != "RUNNING" || *task.TaskHandle != handle || *task.MaxNumberOfMessagesPerSecond != 1 {
		t.Errorf("the task is %+v", task)
	}
	_, err := s.client.StartMessageMoveTask(s.ctx(), &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(arnPrefix + "dlq")})
	if err == nil || !strings.Contains(err.Error(), "already a task running") {
		t.Errorf("second task: %v", err)
	}
	out, err := s.client.CancelMessageMoveTask(s.ctx(), &awssqs.CancelMessageMoveTaskInput{TaskHandle: &handle})
	if err != nil || out.ApproximateNumberOfMessagesMoved != 2 {
		t.Fatalf("cancel: %+v, %v", out, err)
	}
	s.clock.Advance(time.Second)
	s.wantStats("dlq", sqs.Stats{Visible: 3})
	if task := s.lastMove(); *task.Status != "CANCELLED" || task.TaskHandle != nil {
		t.Errorf("the task is %+v", task)
	}
	if _, err := s.client.CancelMessageMoveTask(s.ctx(), &awssqs.CancelMessageMoveTaskInput{TaskHandle: &handle}); !is[*types.UnsupportedOperation](err) {
		t.Errorf("second cancel: %v, want UnsupportedOperation", err)
	}
}
