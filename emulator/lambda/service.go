package lambda

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// Service is the AWS Lambda API over HTTP for any number of functions, of which it has
// Invoke and the lists: ListFunctions, GetFunctionConfiguration, ListEventSourceMappings.
// An AWS SDK whose endpoint is set to it invokes the local functions. Names may be given plain or as an ARN, with
// the qualifier $LATEST or none. The log type Tail is supported; invocation types
// other than RequestResponse and client contexts are refused. Signatures are not
// verified.
type Service struct {
	mux       *http.ServeMux
	functions map[string]*Function
	mappings  []Mapping
}

// NewService returns the service for the given functions. The functions stay the
// caller's to close. Two functions of one name are an error.
func NewService(functions ...*Function) (*Service, error) {
	s := &Service{mux: http.NewServeMux(), functions: map[string]*Function{}}
	for _, f := range functions {
		if _, taken := s.functions[f.Name()]; taken {
			return nil, fmt.Errorf("lambda: the function name %q is used twice", f.Name())
		}
		s.functions[f.Name()] = f
	}
	for pattern, handle := range map[string]http.HandlerFunc{
		"POST /2015-03-31/functions/{name}/invocations":  s.invoke,
		"GET /2015-03-31/functions":                      s.listFunctions,
		"GET /2015-03-31/functions/{$}":                  s.listFunctions,
		"GET /2015-03-31/functions/{name}/configuration": s.describeFunction,
		"GET /2015-03-31/event-source-mappings":          s.listMappings,
		"GET /2015-03-31/event-source-mappings/{$}":      s.listMappings,
		"/2015-03-31/functions/{name}/invocations":       wrongMethod,
		"/": notThere,
	} {
		s.mux.HandleFunc(pattern, handle)
	}
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	s.mux.ServeHTTP(w, r)
}

func (s *Service) invoke(w http.ResponseWriter, r *http.Request) {
	function := s.find(r.PathValue("name"), r.URL.Query().Get("Qualifier"))
	if function == nil {
		writeServiceError(w, http.StatusNotFound, "ResourceNotFoundException", "Function not found: "+r.PathValue("name"))
		return
	}
	if kind := r.Header.Get("X-Amz-Invocation-Type"); kind != "" && kind != "RequestResponse" {
		writeServiceError(w, http.StatusBadRequest, "InvalidParameterValueException",
			"the invocation type must be RequestResponse here, got "+kind)
		return
	}
	if r.Header.Get("X-Amz-Client-Context") != "" {
		writeServiceError(w, http.StatusBadRequest, "InvalidParameterValueException", "a client context is not supported here")
		return
	}
	in, err := readInput(r, function.Name())
	if err != nil {
		writeServiceFailure(w, err)
		return
	}
	out, err := function.Invoke(r.Context(), in)
	if err != nil {
		writeServiceFailure(w, err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Amzn-Requestid", out.RequestID)
	header.Set("X-Amz-Executed-Version", latestVersion)
	header.Set("X-Amzn-Trace-Id", out.TraceID)
	if out.FunctionError != "" {
		header.Set("X-Amz-Function-Error", out.FunctionError)
	}
	if r.Header.Get("X-Amz-Log-Type") == "Tail" {
		tail := strings.Join(out.LogTail, "\n")
		header.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString([]byte(tail)))
	}
	// The caller may have gone, and needs no answer then.
	_, _ = w.Write(out.Payload)
}

// find returns the function of a plain name, a partial ARN or an ARN.
func (s *Service) find(name, qualifier string) *Function {
	if _, rest, isARN := strings.Cut(name, "function:"); isARN {
		name = rest
	}
	name, suffix, _ := strings.Cut(name, ":")
	for _, q := range []string{qualifier, suffix} {
		if q != "" && q != latestVersion {
			return nil
		}
	}
	return s.functions[name]
}

func readInput(r *http.Request, name string) (Input, error) {
	var body bytes.Buffer
	n, err := io.Copy(&body, io.LimitReader(r.Body, MaxPayloadBytes+1))
	if err != nil {
		return Input{}, &InvalidRequestError{Function: name, Reason: "the request could not be read: " + err.Error()}
	}
	if n > MaxPayloadBytes {
		return Input{}, &RequestTooLargeError{Function: name, Size: int(max(n, r.ContentLength)), Limit: MaxPayloadBytes}
	}
	return Input{Payload: body.Bytes(), TraceID: r.Header.Get("X-Amzn-Trace-Id")}, nil
}

func writeServiceFailure(w http.ResponseWriter, err error) {
	var known interface {
		error
		HTTPStatusCode() int
		ErrorCode() string
	}
	if errors.As(err, &known) {
		writeServiceError(w, known.HTTPStatusCode(), known.ErrorCode(), known.Error())
		return
	}
	writeServiceError(w, http.StatusInternalServerError, "ServiceException", err.Error())
}

// writeServiceError writes an error of the AWS REST-JSON protocol: the SDKs take the
// error's name from the header.
func writeServiceError(w http.ResponseWriter, status int, code, message string) {
	body, err := json.Marshal(struct {
		Type    string `json:"Type"`
		Message string `json:"Message"`
	}{faultSide(status), message})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", code)
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	// The caller may have gone, and needs no answer then.
	_, _ = w.Write(body)
}

func faultSide(status int) string {
	if status >= http.StatusInternalServerError {
		return "Service"
	}
	return "User"
}
