package lambda

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

const (
	runtimePath   = "/2018-06-01/runtime"
	extensionPath = "/2020-01-01/extension"

	headerErrorType = "Lambda-Runtime-Function-Error-Type"
	headerErrorBody = "Lambda-Runtime-Function-Error-Body"
)

// newRuntimeAPI serves the Runtime API of one execution environment. There are no
// time-outs on it but for the headers: a process waits for work as long as it takes.
func newRuntimeAPI(s *sandbox, logger *slog.Logger) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+runtimePath+"/invocation/next", s.handleNext)
	mux.HandleFunc("POST "+runtimePath+"/invocation/{id}/response", s.handleResponse)
	mux.HandleFunc("POST "+runtimePath+"/invocation/{id}/error", s.handleError)
	mux.HandleFunc("POST "+runtimePath+"/init/error", s.handleInitError)
	mux.HandleFunc("POST "+extensionPath+"/register", s.handleRegister)
	mux.HandleFunc("GET "+extensionPath+"/event/next", s.handleExtensionNext)
	return &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}

func (s *sandbox) handleNext(w http.ResponseWriter, r *http.Request) {
	if !s.beginPoll() {
		writeRuntimeError(w, http.StatusForbidden, "InvalidStateTransition", "an invocation is in progress, or already asked for")
		return
	}
	var inv *invocation
	select {
	case inv = <-s.work:
		s.endPoll(inv)
	case <-r.Context().Done():
		s.endPoll(nil)
		return
	}

	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(inv.payload)))
	header.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", s.cfg.arn())
	header.Set("Lambda-Runtime-Trace-Id", inv.trace)
	// A process that cannot read its invocation is dying; its end is what is reported.
	_, _ = w.Write(inv.payload)
}

func (s *sandbox) handleResponse(w http.ResponseWriter, r *http.Request) {
	inv := s.currentInvocation(r.PathValue("id"))
	if inv == nil {
		writeRuntimeError(w, http.StatusBadRequest, "InvalidRequestID", "the id is not the one of the invocation in progress")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxPayloadBytes))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		s.answer(inv, answer{fault: true, payload: faultPayload("Function.ResponseSizeTooLarge",
			"Response payload size exceeded maximum allowed payload size ("+strconv.Itoa(MaxPayloadBytes)+" bytes).")})
		writeRuntimeError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			"the response is over "+strconv.Itoa(MaxPayloadBytes)+" bytes")
		return
	}
	if err != nil {
		writeRuntimeError(w, http.StatusBadRequest, "InvalidRequest", "the response could not be read: "+err.Error())
		return
	}
	s.accept(w, inv, responseAnswer(body, r.Trailer))
}

// responseAnswer is the answer that a response stands for. A runtime that fails while
// it streams the body says so in the trailer, and the body so far is then void.
func responseAnswer(body []byte, trailer http.Header) answer {
	kind := trailer.Get(headerErrorType)
	if kind == "" {
		return answer{payload: body}
	}
	payload, err := base64.StdEncoding.DecodeString(trailer.Get(headerErrorBody))
	if err != nil || !json.Valid(payload) {
		payload = faultPayload(kind, "the response ended with an error")
	}
	return answer{fault: true, payload: payload}
}

func (s *sandbox) handleError(w http.ResponseWriter, r *http.Request) {
	inv := s.currentInvocation(r.PathValue("id"))
	if inv == nil {
		writeRuntimeError(w, http.StatusBadRequest, "InvalidRequestID", "the id is not the one of the invocation in progress")
		return
	}
	payload, ok := readFault(w, r, "Unhandled")
	if !ok {
		return
	}
	s.accept(w, inv, answer{fault: true, payload: payload})
}

func (s *sandbox) handleInitError(w http.ResponseWriter, r *http.Request) {
	payload, ok := readFault(w, r, "Runtime.Unknown")
	if !ok {
		return
	}
	if !s.failInit(payload) {
		writeRuntimeError(w, http.StatusForbidden, "InvalidStateTransition", "the initialization is over")
		return
	}
	writeStatus(w)
}

// readFault reads an error that the process reports, and makes one of the error type
// header when the body is no JSON.
func readFault(w http.ResponseWriter, r *http.Request, kind string) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxPayloadBytes))
	if err != nil {
		writeRuntimeError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the error could not be read: "+err.Error())
		return nil, false
	}
	if json.Valid(body) {
		return body, true
	}
	if header := r.Header.Get(headerErrorType); header != "" {
		kind = header
	}
	return faultPayload(kind, string(body)), true
}

func (s *sandbox) accept(w http.ResponseWriter, inv *invocation, a answer) {
	if !s.answer(inv, a) {
		writeRuntimeError(w, http.StatusForbidden, "InvalidStateTransition", "the invocation has been answered")
		return
	}
	writeStatus(w)
}

// handleRegister lets a function register the internal extension by which runtimes
// ask for SIGTERM. Events are not delivered to extensions here.
func (s *sandbox) handleRegister(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Events []string `json:"events"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxTailBytes)).Decode(&request)
	if err != nil || len(request.Events) > 0 {
		writeRuntimeError(w, http.StatusBadRequest, "InvalidRequestFormat", "only extensions without events are supported")
		return
	}
	w.Header().Set("Lambda-Extension-Identifier", s.extensionID)
	writeJSON(w, http.StatusOK, map[string]string{
		"functionName":    s.cfg.Name,
		"functionVersion": latestVersion,
		"handler":         handlerName,
	})
}

func (s *sandbox) handleExtensionNext(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Lambda-Extension-Identifier") != s.extensionID {
		writeRuntimeError(w, http.StatusForbidden, "Extension.UnknownExtensionIdentifier", "the extension is not registered")
		return
	}
	<-r.Context().Done()
}

func writeStatus(w http.ResponseWriter) {
	writeJSON(w, http.StatusAccepted, map[string]string{"status": "OK"})
}

func writeRuntimeError(w http.ResponseWriter, status int, kind, message string) {
	writeJSON(w, status, fault{Type: kind, Message: message})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The other side may have gone, and needs no answer then.
	_, _ = w.Write(encoded)
}
