package main

import (
	"context"
	"io"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/functions/internal/database"
	"github.com/fluxa/fluxa/functions/internal/rest"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/query"
	"github.com/fluxa/fluxa/pkg/s3blob"
)

// wire makes the handler out of the settings; tests start the function by it too.
func wire(ctx context.Context, out io.Writer, c config.Query) (any, error) {
	base, err := boot.NewBase(ctx, out, contract.FunctionQuery, c.Service)
	if err != nil {
		return nil, err
	}
	store, err := database.Open(base, c.Database)
	if err != nil {
		return nil, err
	}
	blobs, err := s3blob.New(s3blob.NewClient(base.AWS), s3blob.Config{Bucket: c.PayloadBucket})
	if err != nil {
		return nil, err
	}
	api, err := newAPI(base, query.Config{Store: store, Blobs: blobs}, c.Clients)
	if err != nil {
		return nil, err
	}
	// No event and no user has this name.
	absent := map[string]string{contract.PathEventID: "fluxa-check-" + uuid.NewString()}
	return boot.Checked(base, boot.Handler(api.Handle),
		api.Check(contract.RouteEvent, events.APIGatewayProxyRequest{PathParameters: absent}, http.StatusNotFound),
		api.Check(contract.RouteStatus, events.APIGatewayProxyRequest{PathParameters: absent}, http.StatusNotFound),
		api.Check(contract.RouteEvents, events.APIGatewayProxyRequest{QueryStringParameters: map[string]string{contract.QueryUserID: absent[contract.PathEventID]}}, http.StatusOK),
		boot.Check{Name: "payloads", Run: blobs.CheckGet}), nil
}

func newAPI(base boot.Base, c query.Config, clients config.Clients) (*rest.API, error) {
	service, err := query.New(c)
	if err != nil {
		return nil, err
	}
	metrics, err := base.Metrics(contract.NamespaceQuery)
	if err != nil {
		return nil, err
	}
	h := &handler{service: service, metrics: metrics}
	return rest.New(contract.FunctionQuery, rest.Config{Handlers: h.routes(), Base: base, Metrics: metrics, Observe: h.observe, Clients: clients})
}
