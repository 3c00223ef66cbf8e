package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Check returns a check that answers a request of a route as if API Gateway had sent
// it, and demands the status: 200, or that of a problem document. The request must
// change nothing. It is neither logged nor counted: a check that is tried again must not
// count against the version.
func (a *API) Check(routeID string, request events.APIGatewayProxyRequest, want int) boot.Check {
	return boot.Check{Name: routeID, Run: func(ctx context.Context) error {
		route := a.route(routeID)
		request.RequestContext.Identity.APIKeyID = a.anyCaller()
		request.HTTPMethod, request.Resource, request.Path = route.Method, route.Path, route.Path
		read := newRequest(request)
		answer, _, err := a.serve(ctx, request, &read)
		if err != nil {
			answer = problem(err, request.Path, read.CorrelationID, nil)
		}
		var body struct {
			Status any        `json:"status"`
			Code   fault.Code `json:"code"`
			Detail string     `json:"detail"`
		}
		switch decoded := json.Unmarshal(answer.Body, &body); {
		case answer.Status != want:
			return fmt.Errorf("%s %s is answered with %d %s (%s), it must be %d", route.Method, route.Path, answer.Status, body.Code, body.Detail, want)
		case decoded != nil:
			return fmt.Errorf("%s %s is answered with what is no JSON: %w", route.Method, route.Path, decoded)
		case want != http.StatusOK && body.Status != float64(want):
			return fmt.Errorf("%s %s is answered with no problem document", route.Method, route.Path)
		}
		return nil
	}}
}

func (a *API) route(id string) contract.Route {
	for _, route := range a.routes {
		if route.ID == id {
			return route
		}
	}
	panic("rest: the function has no route " + id)
}
