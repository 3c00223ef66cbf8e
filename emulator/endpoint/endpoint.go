package endpoint

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
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
)

// lambdaPath is where the Lambda API keeps its functions. No bucket has the name.
const lambdaPath = "/2015-03-31/functions/"

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
	for name, h := range map[Service]http.Handler{SQS: c.SQS, SNS: c.SNS, S3: c.S3, Lambda: c.Lambda} {
		if h != nil {
			routes[name] = &route{handler: h}
		}
	}
	if len(routes) == 0 {
		return nil, errors.New("endpoint: SQS, SNS, S3 and Lambda are nil, want at least one handler")
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
		WriteError(w, r, http.StatusBadRequest, "UnknownOperationException",
			fmt.Sprintf("this endpoint has no service for %s %s with X-Amz-Target %q", r.Method, r.URL.Path, r.Header.Get("X-Amz-Target")))
		return
	}
	if intercept := route.interceptor.Load(); intercept != nil {
		(*intercept)(w, r, route.handler)
		return
	}
	route.handler.ServeHTTP(w, r)
}

// serviceOf returns the service a request is for, or a name that is none. The
// form of an SNS request is read here, and is in Request.Form from then on.
func (e *Endpoint) serviceOf(w http.ResponseWriter, r *http.Request) (Service, error) {
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
