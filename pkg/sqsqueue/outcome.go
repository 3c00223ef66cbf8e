package sqsqueue

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/fluxa/fluxa/pkg/awsclient/batch"
	"github.com/fluxa/fluxa/pkg/fault"
)

func refusals(failed []types.BatchResultErrorEntry) []batch.Refusal {
	out := make([]batch.Refusal, len(failed))
	for i, entry := range failed {
		out[i] = batch.Refusal{
			ID: aws.ToString(entry.Id), Code: aws.ToString(entry.Code),
			Message: aws.ToString(entry.Message), SenderFault: entry.SenderFault,
		}
	}
	return out
}

// classify turns an error into a fault: Internal for what the queue will never
// take, QueueUnavailable for the rest.
func classify(err error) error {
	if err == nil {
		return nil
	}
	refusal, ok := errors.AsType[*batch.Refusal](err)
	if (ok && refusal.Final()) || neverTaken(err) {
		return fault.Wrap(fault.Internal, err, "the queue refused the message")
	}
	return fault.Wrap(fault.QueueUnavailable, err, "the queue cannot be reached")
}

// neverTaken reports whether a whole call failed for what its entry holds. Missing
// rights, a missing queue and the like are faults of the deployment, not of the
// message.
func neverTaken(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	code := api.ErrorCode()
	switch code[strings.LastIndex(code, ".")+1:] {
	case "InvalidMessageContents", "InvalidParameterValue", "InvalidAttributeName", "InvalidAttributeValue", "BatchRequestTooLong":
		return true
	}
	return false
}
