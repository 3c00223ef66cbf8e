package rest_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/lambdatest"
	"github.com/fluxa/fluxa/functions/internal/rest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

func someClients() config.Clients {
	return config.Clients{
		"orders":  {Callers: []string{"key-id-1", "key-id-2"}, Reads: config.ReadsOwn},
		"refunds": {Callers: []string{"arn:aws:sts::123456789012:assumed-role/refunds"}, Reads: config.ReadsOwn},
		"reports": {Callers: []string{"subject-of-a-token"}, Reads: config.ReadsAll},
	}
}

func TestHandle_tells_clients_by_their_callers(t *testing.T) {
	t.Parallel()
	identity := func(name string, value any) func(lambdatest.Object) {
		return set(value, "requestContext", "identity", name)
	}
	for name, c := range map[string]struct {
		edits  []func(lambdatest.Object)
		client rest.Client
		status int
	}{
		"a key":          {[]func(lambdatest.Object){identity("apiKeyId", "key-id-1")}, rest.Client{Name: "orders"}, 202},
		"its other key":  {[]func(lambdatest.Object){identity("apiKeyId", "key-id-2")}, rest.Client{Name: "orders"}, 202},
		"a role":         {[]func(lambdatest.Object){identity("apiKeyId", ""), identity("userArn", "arn:aws:sts::123456789012:assumed-role/refunds/any-session")}, rest.Client{Name: "refunds"}, 202},
		"a token":        {[]func(lambdatest.Object){identity("apiKeyId", ""), identity("userArn", ""), set(map[string]any{"principalId": "subject-of-a-token"}, "requestContext", "authorizer")}, rest.Client{Name: "reports", ReadsAll: true}, 202},
		"a key unlisted": {[]func(lambdatest.Object){identity("apiKeyId", "key-id-3")}, rest.Client{}, 403},
		"another role":   {[]func(lambdatest.Object){identity("apiKeyId", ""), identity("userArn", "arn:aws:sts::123456789012:assumed-role/refunds-2/s")}, rest.Client{}, 403},
		"nobody":         {[]func(lambdatest.Object){identity("apiKeyId", ""), identity("userArn", "")}, rest.Client{}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, contract.FunctionIngest, contract.NamespaceIngest, someClients())
			answer := w.call(t, c.edits...)
			if answer.Status != c.status {
				t.Fatalf("status %d: %s", answer.Status, answer.Body)
			}
			line := w.log.Only(t)
			if c.status == http.StatusForbidden {
				if p := problemOf(t, answer); p["code"] != "forbidden" || len(w.requests) != 0 || line["client"] != nil {
					t.Errorf("problem %v, %d requests came through, line %v", p, len(w.requests), line)
				}
				return
			}
			if got := w.requests[0].Client; got != c.client || line["client"] != c.client.Name {
				t.Errorf("client %+v, in the log %v; want %+v", got, line["client"], c.client)
			}
		})
	}
}

func TestHandle_without_clients_asks_nobody_who_calls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	if answer := w.call(t); answer.Status != http.StatusAccepted || w.requests[0].Client != (rest.Client{}) || w.log.Only(t)["client"] != nil {
		t.Errorf("status %d, client %+v", answer.Status, w.requests[0].Client)
	}
}

func TestHandle_health_is_nobody_s(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, contract.FunctionQuery, contract.NamespaceQuery, someClients())
	request := lambdatest.Event(t, "post-event.json", set("GET", "httpMethod"), set("/health", "resource"), set("/health", "path"))
	if answer := lambdatest.Call(t, boot.Handler(w.api.Handle), request); answer.Status != http.StatusAccepted || len(w.requests) != 1 {
		t.Errorf("status %d: %s", answer.Status, answer.Body)
	}
}

func TestCheck_calls_as_a_client_where_there_are_some(t *testing.T) {
	t.Parallel()
	for name, clients := range map[string]config.Clients{"clients": someClients(), "none": nil} {
		w := newWorldWith(t, contract.FunctionIngest, contract.NamespaceIngest, clients, func(context.Context, rest.Request) (rest.Response, error) {
			return rest.Response{}, fault.OfFields(fault.Field{Code: fault.InvalidValue})
		})
		check := w.api.Check(contract.RouteIngest, events.APIGatewayProxyRequest{Body: "{}"}, http.StatusUnprocessableEntity)
		if err := check.Run(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOwner_is_the_client_unless_it_reads_all(t *testing.T) {
	t.Parallel()
	own, all := rest.Client{Name: "orders"}, rest.Client{Name: "reports", ReadsAll: true}
	for name, c := range map[string]struct {
		client rest.Client
		query  map[string]string
		owner  string
		code   fault.Code
	}{
		"its own":                          {own, nil, "orders", ""},
		"its own, by name":                 {own, map[string]string{"client": "orders"}, "orders", ""},
		"another's":                        {own, map[string]string{"client": "refunds"}, "", fault.Forbidden},
		"nobody's":                         {own, map[string]string{"client": ""}, "", fault.Forbidden},
		"what is not a name":               {own, map[string]string{"client": "a/b"}, "", fault.InvalidValue},
		"one who reads all, its own":       {all, nil, "reports", ""},
		"one who reads all, another's":     {all, map[string]string{"client": "refunds"}, "refunds", ""},
		"one who reads all, nobody's":      {all, map[string]string{"client": ""}, "", ""},
		"without clients":                  {rest.Client{}, nil, "", ""},
		"without clients, nobody's":        {rest.Client{}, map[string]string{"client": ""}, "", ""},
		"without clients, somebody's":      {rest.Client{}, map[string]string{"client": "orders"}, "", fault.Forbidden},
		"without clients, what is no name": {rest.Client{}, map[string]string{"client": "Orders"}, "", fault.InvalidValue},
	} {
		owner, err := rest.Request{Client: c.client, Query: c.query}.Owner()
		if owner != c.owner || err == nil != (c.code == "") || err != nil && fault.CodeOf(err) != c.code {
			t.Errorf("%s: %q, %v; want %q, %s", name, owner, err, c.owner, c.code)
		}
	}
}
