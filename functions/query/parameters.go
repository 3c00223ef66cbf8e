package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/query"
)

// listRequest reads the parameters, and names every one that is wrong, those too
// that can be read and may not be so.
func listRequest(parameters map[string]string) (query.ListRequest, error) {
	out := query.ListRequest{UserID: parameters[contract.QueryUserID], State: parameters[contract.QueryStatus], Cursor: parameters[contract.QueryCursor]}
	var faults []fault.Field
	bad := func(name, detail string) {
		faults = append(faults, fault.Field{Pointer: name, Code: fault.InvalidValue, Detail: name + " " + detail})
	}
	at := func(name string) *time.Time {
		text, ok := parameters[name]
		if !ok {
			return nil
		}
		t, err := event.ParseTime(text)
		switch {
		case err == nil:
			return &t
		case errors.Is(err, event.ErrTimeSyntax):
			bad(name, err.Error()+" (a + is written %2B in a URL)")
		default:
			bad(name, err.Error())
		}
		return nil
	}
	out.From, out.To = at(contract.QueryFrom), at(contract.QueryTo)
	if text, ok := parameters[contract.QueryLimit]; ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			bad(contract.QueryLimit, fmt.Sprintf("must be a whole number from 1 to %d", contract.PageLimit))
			n = 0
		}
		out.Limit = n
	}
	if len(faults) == 0 {
		return out, nil
	}
	if e, ok := errors.AsType[*fault.Error](out.Check()); ok {
		faults = append(e.Fields, faults...)
	}
	return query.ListRequest{}, fault.OfFields(faults...)
}
