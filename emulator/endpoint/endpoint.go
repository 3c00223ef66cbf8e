package endpoint

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
)

// Service names one of the three services behind an endpoint.
type Service string

// The services.
const (
	SQS Service = "sqs"
	SNS Service = "sns"
	S3  Service = "s3"

	// Lambda is there when Config.Lambda is set.
	Lambda Service = "lambda"
)

// lambdaPath is where the Lambda API keeps its functions. No bucket has the name.
const lambdaPath = "/2015-03-31/functions/"

const (
	// DefaultMaxBodyBytes is the length of the longest request body that is
	// taken. It bounds an S3 object; SQS and SNS have lower limits of their own.
	DefaultMaxBodyBytes = 64 << 20

	maxFormBytes = 2 << 20
)

// Config says what is behind an Endpoint. The three handlers are required. Zero
// values of the rest mean 64 MiB and slog's default logger.
type Config struct {
	SQS          http.Handler
	SNS          http.Handler
	S3           http.Handler
	Lambda       http.Handler // may be nil
	MaxBodyBytes int64
	Logger       *slog.Logger
}

// Endpoint routes requests to the services. It may be used concurrently, and
// interceptors may be set while it serves.
type Endpoint struct {
	routes  map[Service]*route
	maxBody int64
	log     *slog.Logger
}

type route struct {
	handler     http.Handler
	interceptor atomic.Pointer[Interceptor]
}

var _ http.Handler = (*Endpoint)(nil)

// New returns an endpoint that serves no address yet; see Serve.
func New(c Config) (*Endpoint, error) {
	for name, h := range map[string]http.Handler{"SQS": c.SQS, "SNS": c.SNS, "S3": c.S3} {
		if h == nil {
			return nil, fmt.Errorf("endpoint: %s is nil, want the handler of the service", name)
		}
	}
	if c.MaxBodyBytes < 0 {
		return nil, fmt.Errorf("endpoint: MaxBodyBytes is %d, want 0 or more", c.MaxBodyBytes)
	}
	if c.MaxBodyBytes == 0 {
		c.MaxBodyBytes = DefaultMaxBodyBytes
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	routes := map[Service]*route{SQS: {handler: c.SQS}, SNS: {handler: c.SNS}, S3: {handler: c.S3}}
	if c.Lambda != nil {
		routes[Lambda] = &route{handler: c.Lambda}
	}
	return &Endpoint{routes: routes, maxBody: c.MaxBodyBytes, log: c.Logger}, nil
}

// ServeHTTP gives a request to its service.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength > e.maxBody {
		refuse(w, r, http.StatusRequestEntityTooLarge, "EntityTooLarge",
			fmt.Sprintf("the request body has %d bytes, the limit is %d", r.ContentLength, e.maxBody))
		return
	}
	if r.Body != nil {
		r.Body = http.MaxBytesReader(w, r.Body, e.maxBody)
	}
	service, err := e.serviceOf(w, r)
	if err != nil {
		status, code := http.StatusBadRequest, "MalformedQueryString"
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			status, code = http.StatusRequestEntityTooLarge, "RequestEntityTooLarge"
		}
		refuse(w, r, status, code, err.Error())
		return
	}
	route, ok := e.routes[service]
	if !ok {
		refuse(w, r, http.StatusBadRequest, "UnknownOperationException",
			fmt.Sprintf("the local stack has SQS, SNS and S3; it has no X-Amz-Target %q", r.Header.Get("X-Amz-Target")))
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
	if _, ok := e.routes[Lambda]; ok && strings.HasPrefix(r.URL.Path, lambdaPath) {
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
