package s3

import (
	"bufio"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

const maxChunkLine = 16 << 10

// chunkedBody decodes the aws-chunked encoding: chunks of a length in hex, with
// an optional signature that is not verified, and trailing headers after the
// last one. It has to yield exactly as many bytes as the request announced.
type chunkedBody struct {
	source  io.Closer
	reader  *bufio.Reader
	left    int64 // of the current chunk
	missing int64 // of the announced length
	started bool
	done    bool
	trailer http.Header
}

func newChunkedBody(body io.ReadCloser, decoded int64) *chunkedBody {
	return &chunkedBody{
		source:  body,
		reader:  bufio.NewReaderSize(body, maxChunkLine),
		missing: decoded,
		trailer: http.Header{},
	}
}

func (c *chunkedBody) Close() error { return c.source.Close() }

func (c *chunkedBody) Read(p []byte) (int, error) {
	if c.done {
		return 0, io.EOF
	}
	if c.left == 0 {
		if err := c.nextChunk(); err != nil {
			return 0, err
		}
		if c.done {
			return 0, io.EOF
		}
	}
	n, err := c.reader.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	c.missing -= int64(n)
	if c.missing < 0 {
		return 0, gofakes3.ErrIncompleteBody
	}
	if err == io.EOF {
		return n, gofakes3.ErrIncompleteBody
	}
	return n, err
}

func (c *chunkedBody) nextChunk() error {
	if c.started {
		if line, err := c.line(); err != nil || line != "" {
			return broken(err)
		}
	}
	c.started = true
	line, err := c.line()
	if err != nil {
		return broken(err)
	}
	size, _, _ := strings.Cut(line, ";")
	c.left, err = strconv.ParseInt(strings.TrimSpace(size), 16, 64)
	if err != nil || c.left < 0 {
		return broken(nil)
	}
	if c.left > 0 {
		return nil
	}
	if c.missing != 0 {
		return gofakes3.ErrIncompleteBody
	}
	c.done = true
	return c.readTrailer()
}

func (c *chunkedBody) readTrailer() error {
	for {
		line, err := c.line()
		if err == io.EOF || err == nil && line == "" {
			return nil
		}
		if err != nil {
			return broken(err)
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return broken(nil)
		}
		c.trailer.Set(textproto.TrimString(name), textproto.TrimString(value))
	}
}

func (c *chunkedBody) line() (string, error) {
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// broken keeps an error of the connection and names every other one.
func broken(err error) error {
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return err
	}
	return gofakes3.ErrorMessage(gofakes3.ErrIncompleteBody, "The request body is not well-formed aws-chunked data.")
}

func isAWSChunked(h http.Header) bool {
	return strings.HasPrefix(h.Get("X-Amz-Content-Sha256"), "STREAMING-") ||
		strings.Contains(h.Get("Content-Encoding"), "aws-chunked")
}

func withoutAWSChunked(encoding string) string {
	var kept []string
	for _, e := range strings.Split(encoding, ",") {
		if e = strings.TrimSpace(e); e != "" && e != "aws-chunked" {
			kept = append(kept, e)
		}
	}
	return strings.Join(kept, ",")
}
