package endpoint

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Interceptor gets a request in place of its service. It may answer by itself,
// or pass the request on with service.ServeHTTP, before or after doing something
// of its own: an answer recorded and thrown away is one that was lost on its
// way. It is called by many goroutines at once. For SQS the operation is in the
// header X-Amz-Target, for SNS in the form value Action, which is parsed
// already; for S3 look at the method and the path. Package endpointtest has
// faults that are ready to use.
type Interceptor func(w http.ResponseWriter, r *http.Request, service http.Handler)

// Intercept sets the interceptor of a service in place of the one that is set,
// and returns a function that takes it away. It takes effect with the next
// request; those that are running go on. A nil interceptor takes it away too. It
// panics for a service that is not there: that is a mistake in the test.
func (e *Endpoint) Intercept(s Service, i Interceptor) (restore func()) {
	route, ok := e.routes[s]
	if !ok {
		panic(fmt.Sprintf("endpoint: intercept %q: there is no such service", s))
	}
	if i == nil {
		route.interceptor.Store(nil)
		return func() {}
	}
	set := &i
	route.interceptor.Store(set)
	return func() { route.interceptor.CompareAndSwap(set, nil) }
}

type xmlError struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
}

// speaksJSON reports whether a request is one of a service with a REST protocol whose
// errors are JSON, which are all but these.
func speaksJSON(r *http.Request) bool {
	service := signedFor(r)
	return service != "" && !slices.Contains([]Service{S3, "route53", "cloudfront"}, service)
}

type xmlErrorResponse struct {
	XMLName xml.Name `xml:"ErrorResponse"`
	Error   xmlError
}

// WriteError answers with an error in the shape of the protocol that the request
// looks like. An SDK retries a status of 500 and more.
func WriteError(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	var body []byte
	var err error
	contentType := "application/xml"
	isForm := strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		contentType = "application/x-amz-json-1.0"
		fault := "Sender"
		if status >= http.StatusInternalServerError {
			fault = "Receiver"
		}
		w.Header().Set("X-Amzn-Query-Error", code+";"+fault)
		body, err = json.Marshal(map[string]string{"__type": "com.amazonaws.sqs#" + code, "message": message})
	case isForm:
		body, err = xml.Marshal(xmlErrorResponse{Error: xmlError{Code: code, Message: message}})
	case speaksJSON(r):
		contentType = "application/json"
		w.Header().Set("X-Amzn-Errortype", code)
		body, err = json.Marshal(map[string]string{"message": message})
	default:
		body, err = xml.Marshal(xmlError{Code: code, Message: message})
	}
	if err != nil {
		http.Error(w, message, status)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	// The status is on its way; a client that is gone by now needs no body.
	_, _ = w.Write(body)
}
