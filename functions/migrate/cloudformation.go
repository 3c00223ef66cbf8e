package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/budget"
	"github.com/fluxa/fluxa/pkg/fault"
)

const (
	// bodyLimit is the largest answer that CloudFormation takes, in bytes.
	bodyLimit = 4096

	// reportReserve is kept of the invocation's time to report to CloudFormation
	// that the migrations took too long.
	reportReserve = 15 * time.Second
)

// logs says where the function's log is. Both names are empty outside of Lambda.
type logs struct{ group, stream string }

func (l logs) String() string {
	if l.group == "" {
		return "the function's log"
	}
	return fmt.Sprintf("log group %s, log stream %s", l.group, l.stream)
}

// fulfil does what CloudFormation asks for. The resource is the migrations of this
// release, which Create and Update apply. Delete leaves everything as it is and
// does not even connect: the data outlives the stack, and the database or its
// secret may be gone before.
func (h *handler) fulfil(ctx context.Context, event cfn.Event) (applied []string, err error) {
	switch event.RequestType {
	case cfn.RequestDelete:
		return nil, nil
	case cfn.RequestCreate, cfn.RequestUpdate:
		work, cancel := budget.Keep(ctx, reportReserve, nil)
		defer cancel()
		return h.migrate(work)
	default:
		return nil, fmt.Errorf("the RequestType of the event is %q, it must be Create, Update or Delete", event.RequestType)
	}
}

// answer answers an event of CloudFormation. The resource keeps its id for ever: of
// an Update that answers with another one, CloudFormation takes the old resource
// for replaced and deletes it.
func (h *handler) answer(ctx context.Context, event cfn.Event, applied []string, failed error) error {
	response := cfn.NewResponse(&event)
	response.PhysicalResourceID = cmp.Or(event.PhysicalResourceID, "fluxa-migrations-"+h.base.Service.Environment)

	text := strings.Join(applied, ",")
	write := func(text string) {
		response.Status, response.Data = cfn.StatusSuccess, map[string]any{"Applied": text}
	}
	if failed != nil {
		text = reason(failed)
		place := fmt.Sprintf("; see request %s in %s", boot.RequestID(ctx), h.logs)
		write = func(text string) { response.Status, response.Reason = cfn.StatusFailed, text+place }
	}
	body, err := fit(response, text, write)
	if err == nil {
		err = h.sender.put(ctx, event.ResponseURL, body)
	}
	if err != nil {
		return fmt.Errorf("answer CloudFormation: %w", err)
	}
	return nil
}

// reason returns what people read in the stack's events. Of a panic, which may say
// anything and brings its stack along, it says only that there was one.
func reason(err error) string {
	if fault.CodeOf(err) == fault.Panicked {
		return fault.ReasonOf(err)
	}
	return err.Error()
}

// fit encodes the response with as much of the text as bodyLimit allows. What is
// beside the text is bounded by AWS at far less: names, and an id of 1 KiB.
func fit(response *cfn.Response, text string, write func(text string)) (body []byte, err error) {
	const longest = 6 // bytes of a rune in JSON, such as \u003c
	write(text)
	body, err = json.Marshal(response)
	for runes := []rune(text); err == nil && len(body) > bodyLimit && len(runes) > 0; {
		over := max(len(body)-bodyLimit, longest)
		runes = runes[:max(len(runes)-over/longest, 0)]
		write(string(runes) + "…")
		body, err = json.Marshal(response)
	}
	return body, err
}
