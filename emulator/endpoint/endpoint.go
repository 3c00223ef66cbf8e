package endpoint

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
)

// Service names a service behind an endpoint.
type Service string

// The services.
const (
	SQS    Service = "sqs"
	SNS    Service = "sns"
	S3     Service = "s3"
	Lambda Service = "lambda"
	STS    Service = "sts"
)

// services are all of them, as they are named to people.
var services = []struct {
	service Service
	name    string
}{{SQS, "SQS"}, {SNS, "SNS"}, {S3, "S3"}, {Lambda, "Lambda"}, {STS, "STS"}}

// lambdaPath is where the Lambda API begins. No bucket has the name.
const lambdaPath = "/2015-03-31/"

const (
	// MaxBodyBytes is the length of the longest request body: 64 MiB. It bounds an
	// S3 object; SQS and SNS have lower limits of their own.
	MaxBodyBytes = 64 << 20

	maxFormBytes = 2 << 20
)

// Config says which services are behind an Endpoint: at least one. A request for
// one that is nil is refused. A nil Logger means slog's default logger.
type Config struct {
	SQS    http.Handler
	SNS    http.Handler
	S3     http.Handler
	Lambda http.Handler
	STS    http.Handler
	Logger *slog.Logger
}

// Endpoint routes requests to the services. It may be used concurrently, and
// interceptors may be set while it serves.
type Endpoint struct {
	routes map[Service]*route
	log    *slog.Logger
}

type route struct {
	handler     http.Handler
	interceptor atomic.Pointer[Interceptor]
}

var _ http.Handler = (*Endpoint)(nil)

// New returns an endpoint that serves no address yet; see Serve.
func New(c Config) (*Endpoint, error) {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	routes := map[Service]*route{}
	for name, h := range map[Service]http.Handler{SQS: c.SQS, SNS: c.SNS, S3: c.S3, Lambda: c.Lambda, STS: c.STS} {
		if h != nil {
			routes[name] = &route{handler: h}
		}
	}
	if len(routes) == 0 {
		return nil, errors.New("endpoint: SQS, SNS, S3, Lambda and STS are nil, want at least one handler")
	}
	return &Endpoint{routes: routes, log: c.Logger}, nil
}

// ServeHTTP gives a request to its service.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength > MaxBodyBytes {
		WriteError(w, r, http.StatusRequestEntityTooLarge, "EntityTooLarge",
			fmt.Sprintf("the request body has %d bytes, the limit is %d", r.ContentLength, MaxBodyBytes))
		return
	}
	if r.Body != nil {
		r.Body = http.MaxBytesReader(w, r.Body, MaxBodyBytes)
	}
	service, err := e.serviceOf(w, r)
	if err != nil {
		status, code := http.StatusBadRequest, "MalformedQueryString"
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			status, code = http.StatusRequestEntityTooLarge, "RequestEntityTooLarge"
		}
		WriteError(w, r, status, code, err.Error())
		return
	}
	route, ok := e.routes[service]
	if !ok {
		WriteError(w, r, http.StatusBadRequest, "UnknownOperationException", e.refusal(r))
		return
	}
	if intercept := route.interceptor.Load(); intercept != nil {
		(*intercept)(w, r, route.handler)
		return
	}
	route.handler.ServeHTTP(w, r)
}

// refusal says to whom a request was not given, and which services there are.
func (e *Endpoint) refusal(r *http.Request) string {
	what := fmt.Sprintf("for %s %s with X-Amz-Target %q", r.Method, r.URL.Path, r.Header.Get("X-Amz-Target"))
	if service := signedFor(r); service != "" {
		what = string(service)
	}
	var there []string
	for _, s := range services {
		if _, is := e.routes[s.service]; is {
			there = append(there, s.name)
		}
	}
	return fmt.Sprintf("this endpoint has no service %s, only %s", what, strings.Join(there, ", "))
}

// signedFor returns the service that a request is signed for, or none for one without a
// signature of version 4. The scope of its credential is id/date/region/service/aws4_request:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func signedFor(r *http.Request) Service {
	_, scope, signed := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !signed {
		scope = r.URL.Query().Get("X-Amz-Credential")
	}
	scope, _, _ = strings.Cut(scope, ",")
	parts := strings.Split(strings.TrimSpace(scope), "/")
	if len(parts) < 5 || parts[len(parts)-1] != "aws4_request" {
		return ""
	}
	return Service(parts[len(parts)-2])
}

// serviceOf returns the service a request is for, or a name that is none: the one that it
// is signed for, and otherwise the one whose protocol it looks like. The form of an SNS
// request is read here, and is in Request.Form from then on.
func (e *Endpoint) serviceOf(w http.ResponseWriter, r *http.Request) (Service, error) {
	signed := signedFor(r)
	if signed != "" && !slices.Contains([]Service{SQS, SNS, S3}, signed) { // these are looked at below
		return signed, nil
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		if strings.HasPrefix(target, "AmazonSQS.") {
			return SQS, nil
		}
		return "", nil
	}
	if strings.HasPrefix(r.URL.Path, lambdaPath) {
		return Lambda, nil
	}
	isForm := r.Method == http.MethodPost && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	if !isForm && !r.URL.Query().Has("Action") {
		return S3, nil
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		return "", fmt.Errorf("read the form: %w", err)
	}
	return SNS, nil
}
