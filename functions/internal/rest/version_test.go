package rest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/functions/internal/rest"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// CodeDeploy judges a release by these: the function itself never fails.
func TestHandle_counts_what_its_version_answered(t *testing.T) {
	t.Parallel()
	down := fault.New(fault.QueueUnavailable, "the queue cannot be reached")
	for name, c := range map[string]struct {
		response rest.Response
		err      error
		failed   float64
	}{
		"an answer":          {rest.Response{Status: http.StatusAccepted}, nil, 0},
		"the caller's fault": {rest.Response{}, fault.New(fault.InvalidValue, "it is wrong"), 0},
		"a 503":              {rest.Response{}, down, 1},
		"a 500":              {rest.Response{}, errors.New("unexpected"), 1},
		"a batch of which one could not be taken": {rest.Response{Status: http.StatusMultiStatus, Err: down}, nil, 1},
		"a batch of which one was refused":        {rest.Response{Status: http.StatusMultiStatus, Err: fault.New(fault.InvalidValue, "it is wrong")}, nil, 0},
	} {
		w := newVersion(t, contract.FunctionIngest, contract.NamespaceIngest, func(context.Context, rest.Request) (rest.Response, error) { return c.response, c.err })
		w.call(t)
		t.Log(name)
		w.log.Outcome(t, "12", 1, c.failed)
	}
	panics := newVersion(t, contract.FunctionIngest, contract.NamespaceIngest, func(context.Context, rest.Request) (rest.Response, error) { panic("broken") })
	panics.call(t)
	panics.log.Outcome(t, "12", 1, 1)
}

func TestHandle_counts_no_health_check_for_its_version(t *testing.T) {
	t.Parallel()
	w := newVersion(t, contract.FunctionQuery, contract.NamespaceQuery, func(context.Context, rest.Request) (rest.Response, error) {
		return rest.Response{Status: http.StatusOK}, nil
	})
	w.call(t, set("GET", "httpMethod"), set("/health", "resource"))
	w.log.Outcome(t, "12", 0, 0)
}

func newVersion(t *testing.T, function contract.Function, namespace string, answer rest.Handler) *world {
	t.Helper()
	base, log := lambdatest.Base(function)
	base.Version = "12"
	metrics, err := base.Metrics(namespace)
	if err != nil {
		t.Fatal(err)
	}
	handlers := map[string]rest.Handler{}
	for _, route := range contract.Routes() {
		if route.Function == function {
			handlers[route.ID] = answer
		}
	}
	api, err := rest.New(function, rest.Config{Handlers: handlers, Base: base, Metrics: metrics, Observe: func(rest.Observation) {}})
	if err != nil {
		t.Fatal(err)
	}
	return &world{api: api, log: log, metrics: metrics}
}
