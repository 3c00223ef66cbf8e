package gateway

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

const (
	headerContentEncoding = "Content-Encoding"
	codingGzip            = "gzip"
)

var (
	errInflatedTooLarge = errors.New("the inflated body is too large")
	errNoRoom           = errors.New("there is no room for the inflated body")
)

// inflate undoes the gzip of a body before the function sees it, and takes the header
// away. What is not gzip is refused with 415, as API Gateway does it ("Call an API method
// with a compressed payload in API Gateway",
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-make-request-with-compressed-payload.html).
// A body of another coding is left as it is. What is inflated counts against the gateway's
// budget until free is called.
func (x *exchange) inflate(body []byte) (inflated []byte, free func(), ok bool) {
	if len(body) == 0 || !strings.EqualFold(x.request.Header.Get(headerContentEncoding), codingGzip) {
		return body, func() {}, true
	}
	var reserved int64
	inflated, err := gunzip(body, func(more int64) bool {
		taken := x.gateway.bodies.TryAcquire(more)
		if taken {
			reserved += more
		}
		return taken
	})
	free = func() { x.gateway.bodies.Release(reserved) }
	if err == nil {
		x.request.Header.Del(headerContentEncoding)
		return inflated, free, true
	}
	free()
	switch {
	case errors.Is(err, errInflatedTooLarge):
		x.problem(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body must be at most %d bytes when it is decompressed", MaxBodyBytes))
	case errors.Is(err, errNoRoom):
		x.noRoom()
	default:
		x.failure = err
		x.problem(http.StatusUnsupportedMediaType, "the body is not the gzip that Content-Encoding says it is")
	}
	return nil, nil, false
}

// gunzip inflates at most MaxBodyBytes, in steps: before it holds more than freeBodyBytes,
// and each time that it is to hold twice as much, it asks for room.
func gunzip(body []byte, room func(more int64) bool) ([]byte, error) {
	stream, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("the header of the gzip stream: %w", err)
	}
	var out bytes.Buffer
	for limit, taken := int64(freeBodyBytes), int64(0); ; limit = min(2*limit, MaxBodyBytes+1) {
		if limit > freeBodyBytes {
			if !room(limit - taken) {
				return nil, errNoRoom
			}
			taken = limit
		}
		_, err := io.CopyN(&out, stream, limit-int64(out.Len()))
		switch {
		case errors.Is(err, io.EOF):
			return out.Bytes(), nil
		case err != nil:
			return nil, fmt.Errorf("the gzip stream after %d bytes: %w", out.Len(), err)
		case limit > MaxBodyBytes:
			return nil, errInflatedTooLarge
		}
	}
}

// writers are kept, since one takes about a megabyte.
var writers = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}

// deflate compresses an answer for a caller who accepts gzip, unless the function has
// chosen a coding itself ("Receive an API response with a compressed payload in API
// Gateway",
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-receive-response-with-compressed-payload.html).
func (x *exchange) deflate(response *proxyResponse) {
	_, chosen := response.header[headerContentEncoding]
	if !x.gateway.cfg.Compress || chosen || len(response.body) == 0 || !acceptsGzip(x.request.Header.Values("Accept-Encoding")) {
		return
	}
	var out bytes.Buffer
	w := writers.Get().(*gzip.Writer)
	defer writers.Put(w)
	w.Reset(&out)
	_, err := w.Write(response.body)
	if err := errors.Join(err, w.Close()); err != nil {
		panic(fmt.Sprintf("compressing an answer: %v", err)) // a buffer takes all
	}
	response.body = out.Bytes()
	response.header.Set(headerContentEncoding, codingGzip)
}

// acceptsGzip reports whether gzip is among the codings of the highest weight. The
// wildcard does not count: API Gateway compresses for the codings that are named only, and
// not when it lacks the first.
func acceptsGzip(header []string) bool {
	highest, gzipped := 0.0, 0.0
	for part := range strings.SplitSeq(strings.Join(header, ","), ",") {
		coding, parameters, _ := strings.Cut(part, ";")
		weight := 1.0
		if _, q, found := strings.Cut(parameters, "="); found {
			var err error
			if weight, err = strconv.ParseFloat(strings.TrimSpace(q), 64); err != nil {
				weight = 0
			}
		}
		highest = max(highest, weight)
		if strings.EqualFold(strings.TrimSpace(coding), codingGzip) {
			gzipped = weight
		}
	}
	return gzipped > 0 && gzipped == highest
}
