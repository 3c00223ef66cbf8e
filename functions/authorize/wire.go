package main

import (
	"context"
	"io"

	"github.com/fluxa/fluxa/functions/internal/boot"
	"github.com/fluxa/fluxa/pkg/authorize"
	"github.com/fluxa/fluxa/pkg/config"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/jwks"
)

// wire makes the handler out of the settings; tests start the function by it too.
func wire(ctx context.Context, out io.Writer, c config.Authorize) (any, error) {
	base, err := boot.NewBase(ctx, out, contract.FunctionAuthorize, c.Service)
	if err != nil {
		return nil, err
	}
	keys, err := jwks.New(jwks.Config{Issuer: c.Issuer})
	if err != nil {
		return nil, err
	}
	return newHandler(base, authorize.Config{Keys: keys, Issuer: c.Issuer, Audience: c.Audience})
}

func newHandler(base boot.Base, c authorize.Config) (any, error) {
	service, err := authorize.New(c)
	if err != nil {
		return nil, err
	}
	h := &handler{service: service, base: base}
	return boot.Handler(h.handle), nil
}
