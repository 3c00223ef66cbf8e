package batch

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// Refusal is a service's answer to one entry that it did not take, as SQS and
// SNS word it. ID is the entry's place in the call, as ID made it.
type Refusal struct {
	ID          string
	Code        string
	Message     string
	SenderFault bool
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("the entry was refused: %s: %s", r.Code, r.Message)
}

// Final reports whether the entry itself is at fault, so that sending it again is
// useless. A refusal that the service blames on the sender is not final when its
// code is of throttling, of the encryption key or of missing rights.
func (r *Refusal) Final() bool {
	if !r.SenderFault {
		return false
	}
	code := r.Code[strings.LastIndex(r.Code, ".")+1:]
	if _, ok := retry.DefaultThrottleErrorCodes[code]; ok {
		return false
	}
	return !strings.HasPrefix(strings.ToLower(r.Code), "kms") &&
		!strings.HasPrefix(code, "AccessDenied") && code != "OverLimit" && code != "Throttled"
}

// ID returns the id to give to the entry at a place of a call.
func ID(place int) string { return strconv.Itoa(place) }

// Outcomes reads the answer to a call of count entries: the ids of those taken,
// and the refusals. An entry that the answer does not name has failed and is
// worth another try; an id that is none of the call's is passed over.
func Outcomes(count int, taken []string, refused []Refusal) []Outcome {
	out := make([]Outcome, count)
	for i := range out {
		out[i] = Outcome{Err: errors.New("the answer does not name the entry"), Again: true}
	}
	set := func(id string, outcome Outcome) {
		if i, err := strconv.Atoi(id); err == nil && i >= 0 && i < count {
			out[i] = outcome
		}
	}
	for _, id := range taken {
		set(id, Outcome{})
	}
	for _, r := range refused {
		set(r.ID, Outcome{Err: &r, Again: !r.Final()})
	}
	return out
}

// Failed returns the outcomes of a call of count entries that failed whole. The
// SDK has made its retries by then: none is worth another.
func Failed(count int, err error) []Outcome {
	out := make([]Outcome, count)
	for i := range out {
		out[i].Err = err
	}
	return out
}
