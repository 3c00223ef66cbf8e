package sqsqueue_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/fluxa/fluxa/pkg/fault"
)

const queueURL = "https://sqs.eu-west-1.amazonaws.com/1/events"

type message struct {
	body       string
	attributes map[string]string
	trace      string
}

// fakeSQS holds to the limits of SQS and fails the test where a caller does not.
// refuse, when set, is asked for each message, by its body and how often that
// body came; err, when set, fails whole calls.
type fakeSQS struct {
	t      *testing.T
	refuse func(body string, try int) *types.BatchResultErrorEntry
	err    func(ctx context.Context) error
	silent map[string]bool // bodies that a batch's answer does not name

	mu      sync.Mutex
	tries   map[string]int
	batches []int // entries of each call; 0 for SendMessage
	taken   []message
}

func (f *fakeSQS) SendMessage(ctx context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = append(f.batches, 0)
	if f.err != nil {
		if err := f.err(ctx); err != nil {
			return nil, err
		}
	}
	m, size := f.read(in.QueueUrl, in.MessageBody, in.MessageAttributes, in.MessageSystemAttributes)
	f.checkSize(size)
	if refused := f.ask(m.body); refused != nil {
		fault := smithy.FaultServer
		if refused.SenderFault {
			fault = smithy.FaultClient
		}
		return nil, &smithy.GenericAPIError{Code: aws.ToString(refused.Code), Message: aws.ToString(refused.Message), Fault: fault}
	}
	f.taken = append(f.taken, m)
	return &sqs.SendMessageOutput{}, nil
}

func (f *fakeSQS) SendMessageBatch(ctx context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = append(f.batches, len(in.Entries))
	if f.err != nil {
		if err := f.err(ctx); err != nil {
			return nil, err
		}
	}
	if len(in.Entries) < 1 || len(in.Entries) > 10 {
		f.t.Errorf("a batch of %d entries", len(in.Entries))
	}
	out := &sqs.SendMessageBatchOutput{}
	ids, sum := map[string]bool{}, 0
	for _, entry := range in.Entries {
		if id := aws.ToString(entry.Id); ids[id] {
			f.t.Errorf("id %q twice in one batch", id)
		}
		ids[aws.ToString(entry.Id)] = true
		m, size := f.read(in.QueueUrl, entry.MessageBody, entry.MessageAttributes, entry.MessageSystemAttributes)
		sum += size
		if f.silent[m.body] {
			continue
		}
		if refused := f.ask(m.body); refused != nil {
			refused.Id = entry.Id
			out.Failed = append(out.Failed, *refused)
			continue
		}
		f.taken = append(f.taken, m)
		out.Successful = append(out.Successful, types.SendMessageBatchResultEntry{Id: entry.Id})
	}
	f.checkSize(sum)
	return out, nil
}

func (f *fakeSQS) ask(body string) *types.BatchResultErrorEntry {
	if f.tries == nil {
		f.tries = map[string]int{}
	}
	f.tries[body]++
	if f.refuse == nil {
		return nil
	}
	return f.refuse(body, f.tries[body])
}

func (f *fakeSQS) checkSize(size int) {
	if size > 1_048_576 {
		f.t.Errorf("a call of %d bytes", size)
	}
}

func (f *fakeSQS) read(url, body *string, attributes map[string]types.MessageAttributeValue, system map[string]types.MessageSystemAttributeValue) (message, int) {
	if aws.ToString(url) != queueURL {
		f.t.Errorf("sent to %q", aws.ToString(url))
	}
	m := message{body: aws.ToString(body), attributes: map[string]string{}}
	size := len(m.body)
	if len(attributes) > 10 {
		f.t.Errorf("a message with %d attributes", len(attributes))
	}
	for name, value := range attributes {
		text, kind := aws.ToString(value.StringValue), "String"
		if value.BinaryValue != nil {
			text, kind = fmt.Sprintf("%x", value.BinaryValue), "Binary"
			size += len(value.BinaryValue) - len(text)
		}
		if aws.ToString(value.DataType) != kind || text == "" {
			f.t.Errorf("attribute %s is %q of type %q", name, text, aws.ToString(value.DataType))
		}
		m.attributes[name] = text
		size += len(name) + len("String") + len(text)
	}
	if header, ok := system["AWSTraceHeader"]; ok {
		m.trace = aws.ToString(header.StringValue)
	}
	return m, size
}

func refusal(code string, senderFault bool) *types.BatchResultErrorEntry {
	return &types.BatchResultErrorEntry{Code: aws.String(code), Message: aws.String("refused"), SenderFault: senderFault}
}

// codesOf returns the codes of errors, "" for nil.
func codesOf(errs []error) []string {
	out := make([]string, len(errs))
	for i, err := range errs {
		if err != nil {
			out[i] = string(fault.CodeOf(err))
		}
	}
	return out
}

func bodies(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("m%d", i)
	}
	return out
}
