package construct

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/fault"
)

// gatewayAnswer is one kind of refusal by API Gateway itself.
type gatewayAnswer struct {
	id     string
	kind   awsapigateway.ResponseType
	status int
	code   fault.Code
	detail string // empty: what API Gateway says
	// headers are added to the answer, as API Gateway's mapping expressions.
	headers map[string]string
}

// HeaderValidationError has what the schema's validator found. It is a header and
// no member of the document, since API Gateway puts it nowhere in quotes.
const HeaderValidationError = "X-Validation-Error"

// gatewayAnswers are all types that there are.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
func gatewayAnswers(authorization Authorization) []gatewayAnswer {
	found := map[string]string{HeaderValidationError: "context.error.validationErrorString"}
	later := map[string]string{"Retry-After": "'5'"}
	out := []gatewayAnswer{
		{"BadBody", awsapigateway.ResponseType_BAD_REQUEST_BODY(), http.StatusUnprocessableEntity, fault.InvalidEvent,
			"the body does not follow the schema of the request; the header " + HeaderValidationError + " says where", found},
		{"BadParameters", awsapigateway.ResponseType_BAD_REQUEST_PARAMETERS(), http.StatusUnprocessableEntity, fault.InvalidValue, "", nil},
		{"NoKey", awsapigateway.ResponseType_INVALID_API_KEY(), http.StatusForbidden, fault.Forbidden,
			"the header x-api-key has no key of this API", nil},
		{"Denied", awsapigateway.ResponseType_ACCESS_DENIED(), http.StatusForbidden, fault.Forbidden, "", nil},
		{"Unauthorized", awsapigateway.ResponseType_UNAUTHORIZED(), http.StatusUnauthorized, fault.Unauthorized, "", nil},
		{"Firewall", awsapigateway.ResponseType_WAF_FILTERED(), http.StatusForbidden, fault.Forbidden, "the firewall refused the request", nil},
		{"Throttled", awsapigateway.ResponseType_THROTTLED(), http.StatusTooManyRequests, fault.RateLimited, "too many requests; try again later", later},
		{"Quota", awsapigateway.ResponseType_QUOTA_EXCEEDED(), http.StatusTooManyRequests, fault.RateLimited, "the key's quota is used up", later},
		{"TooLarge", awsapigateway.ResponseType_REQUEST_TOO_LARGE(), http.StatusRequestEntityTooLarge, fault.PayloadTooLarge,
			fmt.Sprintf("a body may have %d bytes", contract.BodyLimit), nil},
		{"MediaType", awsapigateway.ResponseType_UNSUPPORTED_MEDIA_TYPE(), http.StatusUnsupportedMediaType, fault.UnsupportedMediaType, "", nil},
		{"Timeout", awsapigateway.ResponseType_INTEGRATION_TIMEOUT(), http.StatusGatewayTimeout, fault.Internal,
			"the request took too long; it may have been accepted: send it again with the same id", later},
		{"ExpiredToken", awsapigateway.ResponseType_EXPIRED_TOKEN(), http.StatusForbidden, fault.Forbidden, "", nil},
		{"BadSignature", awsapigateway.ResponseType_INVALID_SIGNATURE(), http.StatusForbidden, fault.Forbidden, "", nil},
		{"NoResource", awsapigateway.ResponseType_RESOURCE_NOT_FOUND(), http.StatusNotFound, fault.NotFound, "there is no such path", nil},
		{"Broken", awsapigateway.ResponseType_INTEGRATION_FAILURE(), http.StatusGatewayTimeout, fault.Internal,
			"the request failed; it may have been accepted: send it again with the same id", later},
		{"BadAPI", awsapigateway.ResponseType_API_CONFIGURATION_ERROR(), http.StatusInternalServerError, fault.Internal, "internal error", later},
		{"BadAuthorizer", awsapigateway.ResponseType_AUTHORIZER_CONFIGURATION_ERROR(), http.StatusInternalServerError, fault.Internal, "internal error", later},
		{"AuthorizerFailed", awsapigateway.ResponseType_AUTHORIZER_FAILURE(), http.StatusInternalServerError, fault.Internal, "internal error", later},
		// Types that there are not yet. Of these the status is API Gateway's, and must stay:
		// one that is set here becomes that of every other type.
		{"Other4xx", awsapigateway.ResponseType_DEFAULT_4XX(), 0, fault.InvalidValue, "", nil},
		{"Other5xx", awsapigateway.ResponseType_DEFAULT_5XX(), 0, fault.Internal, "internal error", later},
	}
	if authorization == JWT {
		for i := range out {
			switch out[i].id {
			case "Unauthorized":
				out[i].detail = "Authorization must be Bearer with a JSON Web Token of this API's issuer that has not expired"
			case "Denied":
				out[i].detail = "the token is for another audience"
			}
		}
	}
	// A path without a route is answered as if a signature were missing. With
	// API keys nobody signs, and it means that there is nothing. Either way it is one
	// resource: of two, a change of the authorization would delete the old one last,
	// and the answer with it.
	missing := gatewayAnswer{"NoSignature", awsapigateway.ResponseType_MISSING_AUTHENTICATION_TOKEN(), http.StatusNotFound, fault.NotFound,
		"there is no such path or method", nil}
	if authorization == IAM {
		missing = gatewayAnswer{"NoSignature", awsapigateway.ResponseType_MISSING_AUTHENTICATION_TOKEN(), http.StatusForbidden, fault.Forbidden,
			"the request has no signature, or there is no such path", nil}
	}
	return append(out, missing)
}

func (a *EventAPI) addAnswers(authorization Authorization) {
	for _, answer := range gatewayAnswers(authorization) {
		options := &awsapigateway.GatewayResponseOptions{
			Type: answer.kind, Templates: &map[string]*string{contract.MediaJSON: text(answer.template())}, ResponseHeaders: answer.responseHeaders(),
		}
		if answer.status != 0 {
			options.StatusCode = text(strconv.Itoa(answer.status))
		}
		a.API.AddGatewayResponse(text(answer.id), options)
	}
}

// template is a problem document. API Gateway puts its own values in by plain
// substitution; messageString comes with its quotes. The path is the one that was sent,
// with the stage before it; that its percent-encoding is left in it is not confirmed.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
func (g gatewayAnswer) template() string {
	about := `"type":"about:blank"`
	if g.status != 0 {
		about += fmt.Sprintf(`,"title":%s,"status":%d`, quoted(http.StatusText(g.status)), g.status)
	}
	detail := "$context.error.messageString"
	if g.detail != "" {
		detail = quoted(g.detail)
	}
	return fmt.Sprintf(`{%s,"detail":%s,"instance":"$context.path","code":%s,"correlation_id":"$context.requestId","errors":[]}`,
		about, detail, quoted(string(g.code)))
}

func (g gatewayAnswer) responseHeaders() *map[string]*string {
	headers := map[string]*string{
		"Content-Type": text("'" + contract.MediaProblem + "'"), contract.HeaderCorrelationID: text("context.requestId"),
	}
	for name, value := range g.headers {
		headers[name] = text(value)
	}
	return &headers
}

func quoted(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("EventAPI: quote %q: %v", s, err)) // a string always encodes
	}
	return string(raw)
}
