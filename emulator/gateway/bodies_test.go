package gateway

import (
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestBodies_that_never_end_take_a_bounded_share: 40 clients announce 10 MiB each and send
// one byte.
func TestBodies_that_never_end_take_a_bounded_share(t *testing.T) {
	t.Parallel()
	const clients, fit = 40, bodyBudget / MaxBodyBytes
	server := api(t, &fakeFunction{}, nil)
	for name, header := range map[string]string{
		"of a size that they say": fmt.Sprintf("Content-Length: %d\r\n\r\nx", MaxBodyBytes),
		"of no size":              "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
	} {
		waiting := make(chan string, clients)
		var open []net.Conn
		for range clients {
			open = append(open, begin(t, server, "POST /events HTTP/1.1\r\nHost: x\r\n"+header, waiting))
		}
		for range clients - fit {
			if line := <-waiting; line != "HTTP/1.1 429 Too Many Requests" {
				t.Errorf("%s: got %q", name, line)
			}
		}
		if got := do(t, "POST", server.URL+"/events", strings.Repeat("x", MaxBodyBytes)); got.status != 429 || got.header.Get("Retry-After") != "1" {
			t.Errorf("%s: a large body is answered with %d, Retry-After %q", name, got.status, got.header.Get("Retry-After"))
		}
		if got := do(t, "POST", server.URL+"/events", strings.Repeat("x", freeBodyBytes)); got.status != 200 {
			t.Errorf("%s: a small body is answered with %d %s", name, got.status, got.body)
		}
		for _, c := range open {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		for range fit { // of those, the reading ends with an error
			<-waiting
		}
		for status := 0; status != 200; {
			status = do(t, "POST", server.URL+"/events", strings.Repeat("x", MaxBodyBytes)).status
		}
	}
}

// begin sends the begin of a request, and then the status line of its answer, "" when there
// is none, to answered.
func begin(t *testing.T, server *httptest.Server, request string, answered chan<- string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	go func() {
		buffer := make([]byte, 200)
		n, _ := c.Read(buffer) // 0 when it fails
		line, _, _ := strings.Cut(string(buffer[:n]), "\r\n")
		answered <- line
	}()
	return c
}
