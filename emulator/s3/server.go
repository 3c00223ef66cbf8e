package s3

import (
	"encoding/xml"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// Config says where a Server keeps its objects. Dir is required and is made
// when absent. A nil Logger means slog's default logger. NoSync leaves out the
// flush to the disk with each change, which is faster and still safe against
// kill -9, but not against a power cut.
type Config struct {
	Dir    string
	Logger *slog.Logger
	NoSync bool
}

// Server serves the buckets of one folder, with path-style addresses. It may be
// used concurrently.
type Server struct {
	backend *backend
	handler http.Handler
	log     *slog.Logger
}

var _ http.Handler = (*Server)(nil)

// Open opens the folder, or makes it. It fails when another process has it
// open.
func Open(c Config) (*Server, error) {
	if c.Dir == "" {
		return nil, errors.New("s3: Dir is empty, want the folder that keeps the objects")
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	st, err := openStore(c.Dir, c.NoSync)
	if err != nil {
		return nil, fmt.Errorf("s3: open %s: %w", c.Dir, err)
	}
	b := &backend{store: st}
	fake := gofakes3.New(b,
		gofakes3.WithTimeSkewLimit(0),
		gofakes3.WithLogger(logger{c.Logger}),
	)
	return &Server{backend: b, handler: fake.Server(), log: c.Logger}, nil
}

// Close closes the folder. Requests that come later fail.
func (s *Server) Close() error {
	if err := s.backend.store.close(); err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	return nil
}

// EnsureBucket makes a bucket, or finds that it is there.
func (s *Server) EnsureBucket(name string) error {
	if err := gofakes3.ValidateBucketName(name); err != nil {
		return fmt.Errorf("s3: bucket %q: %w", name, err)
	}
	if err := s.backend.CreateBucket(name); err != nil && !gofakes3.IsAlreadyExists(err) {
		return fmt.Errorf("s3: make bucket %s: %w", name, err)
	}
	return nil
}

// ServeHTTP answers one request of the S3 REST protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if name := unsupported(r); name != "" {
		s.refuse(w, gofakes3.ErrNotImplemented, "This emulator has no "+name+".")
		return
	}
	r = r.Clone(r.Context())
	var trailer http.Header
	if isAWSChunked(r.Header) {
		body, err := dechunk(r)
		if err != nil {
			s.refuse(w, gofakes3.ErrMissingContentLength, err.Error())
			return
		}
		trailer = body.trailer
	}
	verify(r, trailer)
	answer := &response{ResponseWriter: w, request: r}
	s.handler.ServeHTTP(answer, r)
	if !answer.wrote {
		answer.WriteHeader(http.StatusOK)
	}
}

// unsupported names the sub-resource of a request that gofakes3 does not know.
// It would take a PUT of one for a PUT of the object itself.
func unsupported(r *http.Request) string {
	for name := range r.URL.Query() {
		switch name {
		case "accelerate", "acl", "analytics", "attributes", "cors", "encryption", "intelligent-tiering",
			"inventory", "legal-hold", "lifecycle", "logging", "metrics", "notification", "object-lock",
			"ownershipControls", "policy", "policyStatus", "publicAccessBlock", "replication",
			"requestPayment", "restore", "retention", "select", "tagging", "torrent", "website":
			return name
		}
	}
	return ""
}

// dechunk replaces the body by what it encodes, and the headers to match.
func dechunk(r *http.Request) (*chunkedBody, error) {
	size, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || size < 0 {
		return nil, errors.New("an aws-chunked body needs the header X-Amz-Decoded-Content-Length")
	}
	body := newChunkedBody(r.Body, size)
	r.Body = body
	r.ContentLength = size
	r.Header.Set("Content-Length", strconv.FormatInt(size, 10))
	r.Header.Del("X-Amz-Content-Sha256")
	if rest := withoutAWSChunked(r.Header.Get("Content-Encoding")); rest != "" {
		r.Header.Set("Content-Encoding", rest)
	} else {
		r.Header.Del("Content-Encoding")
	}
	return body, nil
}

// verify checks every checksum that comes in a header, or is announced for the
// trailer; the trailer is filled while the body is read.
func verify(r *http.Request, trailer http.Header) {
	hashes := map[string]hash.Hash{}
	for name := range r.Header {
		if h := checksumOf(name); h != nil {
			hashes[name] = h
		}
	}
	if trailer != nil {
		for name := range strings.SplitSeq(r.Header.Get("X-Amz-Trailer"), ",") {
			name = textproto.TrimString(name)
			if h := checksumOf(name); h != nil {
				hashes[name] = h
			}
		}
	}
	if len(hashes) == 0 || r.Body == nil {
		return
	}
	r.Body = &verifier{body: r.Body, hashes: hashes, sent: func(name string) string {
		if sum := r.Header.Get(name); sum != "" {
			return sum
		}
		return trailer.Get(name)
	}}
}

// response puts checksums into an answer where S3 does: a put gives back those
// it was sent, a read those of the whole object, if all of it is sent and the
// client asked.
type response struct {
	http.ResponseWriter
	request *http.Request
	wrote   bool
}

func (w *response) WriteHeader(status int) {
	if !w.wrote {
		w.wrote = true
		w.fixHeaders(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) fixHeaders(status int) {
	asked := strings.EqualFold(w.request.Header.Get("X-Amz-Checksum-Mode"), "ENABLED")
	if !asked || status != http.StatusOK {
		for name := range w.Header() {
			if checksumOf(name) != nil {
				w.Header().Del(name)
			}
		}
	}
	if w.request.Method == http.MethodPut && status == http.StatusOK {
		for name, values := range w.request.Header {
			if checksumOf(name) != nil {
				w.Header().Set(name, values[0])
			}
		}
	}
	if status >= http.StatusBadRequest {
		w.Header().Set("Content-Type", "application/xml")
	}
}

func (w *response) Write(p []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (s *Server) refuse(w http.ResponseWriter, code gofakes3.ErrorCode, message string) {
	body, err := xml.Marshal(&gofakes3.ErrorResponse{Code: code, Message: message})
	if err != nil {
		http.Error(w, message, code.Status())
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(code.Status())
	if _, err := w.Write(body); err != nil {
		s.log.Debug("s3 answer could not be written", "error", err)
	}
}

// logger passes on what gofakes3 says when something is wrong.
type logger struct{ log *slog.Logger }

func (l logger) Print(level gofakes3.LogLevel, v ...any) {
	switch level {
	case gofakes3.LogErr:
		l.log.Error("s3 request failed", "error", fmt.Sprint(v...))
	case gofakes3.LogWarn:
		l.log.Warn("s3 request", "warning", fmt.Sprint(v...))
	}
}
