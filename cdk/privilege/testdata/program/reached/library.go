package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// named is handed to fmt, which looks for String. It never looks for Other.
type named struct{}

func (named) String() string {
	_, _ = client.ChangeMessageVisibilityBatch(context.Background(), nil) // want sqs.ChangeMessageVisibilityBatch
	return ""
}

func (named) Other() string {
	_, _ = client.CreateQueue(context.Background(), nil)
	return ""
}

// failure has the method that errors.Is asks for within its body.
type failure struct{}

func (failure) Error() string { return "" }

func (failure) Is(error) bool {
	_, err := client.ListDeadLetterSourceQueues(context.Background(), nil) // want sqs.ListDeadLetterSourceQueues
	return err == nil
}

// odd is only ever the type argument of another's function.
type odd struct{}

func (*odd) Error() string {
	_, _ = client.PurgeQueue(context.Background(), nil) // want sqs.PurgeQueue
	return ""
}

// inner is reached by reflection, through the exported field of outer; hidden is
// not.
type (
	outer struct {
		Inner  []map[string]inner
		hidden hidden
	}
	inner  struct{}
	hidden struct{}
)

func (inner) MarshalJSON() ([]byte, error) {
	_, err := client.TagQueue(context.Background(), nil) // want sqs.TagQueue
	return nil, err
}

func (hidden) MarshalJSON() ([]byte, error) {
	_, err := client.CreateQueue(context.Background(), nil)
	return nil, err
}

// request is what handle takes and reply what it returns: whoever calls it by
// reflection makes the one and encodes the other.
type (
	request struct{}
	reply   struct{}
)

func (*request) UnmarshalJSON([]byte) error {
	_, err := client.DeleteQueue(context.Background(), nil) // want sqs.DeleteQueue
	return err
}

func (reply) MarshalJSON() ([]byte, error) {
	_, err := client.AddPermission(context.Background(), nil) // want sqs.AddPermission
	return nil, err
}

func handle(request) reply {
	_, _ = client.UntagQueue(context.Background(), &sqs.UntagQueueInput{}) // want sqs.UntagQueue
	return reply{}
}

func throughLibraries() {
	fmt.Println(named{}, errors.Is(failure{}, context.Canceled))
	_, _ = errors.AsType[*odd](context.Canceled)
	_, _ = json.Marshal(outer{})
	out := reflect.ValueOf(handle).Call([]reflect.Value{reflect.Zero(reflect.TypeOf(handle).In(0))})
	_, _ = json.Marshal(out[0].Interface())
	slices.SortFunc([]int{1, 2}, func(int, int) int {
		_, _ = client.ReceiveMessage(context.Background(), nil) // want sqs.ReceiveMessage
		return 0
	})
}
