package rest

import (
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// A request is what anybody sends, as API Gateway hands it on.
func FuzzRequest(f *testing.F) {
	f.Add("eyJhIjoxfQ==", true, "application/json; charset=utf-8", "gzip", "key-1", "correlation")
	f.Add("{}", false, "", "", "", "")
	f.Add("=", true, "text/plain;;", "br", "\x00", "é")
	f.Fuzz(func(t *testing.T, body string, encoded bool, media, encoding, key, correlation string) {
		in := events.APIGatewayProxyRequest{
			HTTPMethod: http.MethodPost, Body: body, IsBase64Encoded: encoded,
			Headers: map[string]string{
				"Content-Type": media, "content-encoding": encoding, contract.HeaderIdempotencyKey: key, contract.HeaderCorrelationID: correlation,
			},
		}
		r := newRequest(in)
		if !printable(r.CorrelationID) || r.CorrelationID == "" || len(r.CorrelationID) > contract.CorrelationIDLimit {
			t.Errorf("the correlation id is %q", r.CorrelationID)
		}
		if err := r.read(in); err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%v is not the caller's fault", err)
			}
			return
		}
		if !printable(r.IdempotencyKey) || !encoded && string(r.Body) != body {
			t.Errorf("got the key %q and the body %q of %q", r.IdempotencyKey, r.Body, body)
		}
	})
}
