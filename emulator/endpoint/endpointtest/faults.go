// Package endpointtest has faults for tests that break a service behind an
// endpoint: give one to endpoint.Endpoint.Intercept.
package endpointtest

import (
	"net/http"
	"net/http/httptest"

	"github.com/fluxa/fluxa/emulator/endpoint"
)

// Unreachable closes the connection without an answer, as a service that is down
// does. The request has no effect.
func Unreachable(http.ResponseWriter, *http.Request, http.Handler) {
	panic(http.ErrAbortHandler)
}

// LoseAnswer lets the service do the work and then closes the connection: the
// client cannot know whether the request had its effect.
func LoseAnswer(_ http.ResponseWriter, r *http.Request, service http.Handler) {
	service.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// Refuse answers every request with this error, in the shape of the service's
// protocol. An SDK retries a status of 500 and more.
func Refuse(status int, code, message string) endpoint.Interceptor {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		endpoint.WriteError(w, r, status, code, message)
	}
}
