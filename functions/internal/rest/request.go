package rest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// Request is one API call. Header names are lower case. Query holds the last
// value of each parameter.
type Request struct {
	Route          string
	Body           []byte
	Header         map[string]string
	Query          map[string]string
	Path           map[string]string
	CorrelationID  string
	IdempotencyKey string
	Client         Client
	CallerID       string // the API key's id, the IAM caller, or the token's; empty when none is asked
}

// newRequest reads what every answer needs, also that of a request which is then
// refused.
func newRequest(in events.APIGatewayProxyRequest) Request {
	header := make(map[string]string, len(in.Headers))
	for _, name := range slices.Sorted(maps.Keys(in.MultiValueHeaders)) {
		if values := in.MultiValueHeaders[name]; len(values) > 0 {
			header[strings.ToLower(name)] = values[len(values)-1]
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in.Headers)) {
		header[strings.ToLower(name)] = in.Headers[name]
	}
	correlation := header[strings.ToLower(contract.HeaderCorrelationID)]
	if correlation == "" || len(correlation) > contract.CorrelationIDLimit || !printable(correlation) {
		correlation = uuid.Must(uuid.NewV7()).String()
	}
	caller := in.RequestContext.Identity.APIKeyID
	if caller == "" {
		caller = role(in.RequestContext.Identity.UserArn)
	}
	if principal, _ := in.RequestContext.Authorizer["principalId"].(string); caller == "" {
		caller = principal
	}
	return Request{
		Header: header, Query: in.QueryStringParameters, Path: in.PathParameters,
		CorrelationID: correlation, CallerID: caller,
	}
}

// role takes the session's name off an assumed role: a retry from another session
// of the same role is the same caller's.
func role(arn string) string {
	if before, _, ok := strings.Cut(arn, ":assumed-role/"); ok {
		name, _, _ := strings.Cut(arn[len(before)+len(":assumed-role/"):], "/")
		return before + ":assumed-role/" + name
	}
	return arn
}

// read takes what a request of a route brings, or says what is wrong with it. Only
// a POST brings a body and a key.
func (r *Request) read(in events.APIGatewayProxyRequest) error {
	r.Body = []byte(in.Body)
	if in.HTTPMethod != http.MethodPost {
		return nil
	}
	if in.IsBase64Encoded {
		body, err := base64.StdEncoding.DecodeString(in.Body)
		if err != nil {
			return fault.Wrap(fault.MalformedJSON, err, "the body is marked as base64 and is not")
		}
		r.Body = body
	}
	key := r.Header[strings.ToLower(contract.HeaderIdempotencyKey)]
	if len(key) > contract.IdempotencyLimit || !printable(key) {
		return fault.OfFields(fault.Field{Pointer: contract.HeaderIdempotencyKey, Code: fault.InvalidValue,
			Detail: fmt.Sprintf("%s must be at most %d printable ASCII characters", contract.HeaderIdempotencyKey, contract.IdempotencyLimit)})
	}
	r.IdempotencyKey = key
	return checkMedia(r.Header)
}

// checkMedia takes JSON. API Gateway has inflated what was sent as gzip; whether it then
// leaves the header in the event is not confirmed, so it may be there. No Content-Type at
// all is let pass, since v1 did.
func checkMedia(header map[string]string) error {
	switch encoding := header["content-encoding"]; strings.ToLower(encoding) {
	case "", "identity", "gzip":
	default:
		return fault.Newf(fault.UnsupportedMediaType, "Content-Encoding %.32q is not taken: send the JSON with gzip or uncompressed", encoding)
	}
	given := header["content-type"]
	if given == "" {
		return nil
	}
	media, params, err := mime.ParseMediaType(given)
	if err != nil || (media != contract.MediaJSON && !strings.HasSuffix(media, "+json")) {
		return fault.Newf(fault.UnsupportedMediaType, "Content-Type %.64q is not taken: send %s", given, contract.MediaJSON)
	}
	switch charset := params["charset"]; strings.ToLower(charset) {
	case "", "utf-8", "utf8":
		return nil
	default:
		return fault.Newf(fault.UnsupportedMediaType, "charset %.32q is not taken: JSON is UTF-8", charset)
	}
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7e })
}
