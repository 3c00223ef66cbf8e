package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"time"
)

// Delay puts a network of so much more latency a round trip between a database and its
// clients: half of it each way. It returns the URL to use instead. A latency of zero
// changes nothing.
func Delay(ctx context.Context, database string, latency time.Duration) (through string, stop func(), err error) {
	if latency == 0 {
		return database, func() {}, nil
	}
	u, err := url.Parse(database)
	if err != nil {
		return "", nil, fmt.Errorf("the URL of the database cannot be read")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listen for clients further away: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	server := u.Host
	u.Host = listener.Addr().String()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // stopped
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close() // which tells the client
				continue
			}
			context.AfterFunc(ctx, func() { _, _ = client.Close(), upstream.Close() }) // both sides are to hear of the end
			go carry(upstream, client, latency/2)
			go carry(client, upstream, latency/2)
		}
	}()
	return u.String(), func() { cancel(); _ = listener.Close() }, nil
}

// carry passes on what is read, each part a delay after it came. Parts do not wait for
// the ones before them: it is a long way, not a slow one.
func carry(to io.WriteCloser, from io.Reader, delay time.Duration) {
	type part struct {
		bytes []byte
		due   time.Time
	}
	parts := make(chan part, 1024)
	go func() {
		defer close(parts)
		for {
			buffer := make([]byte, 64<<10)
			n, err := from.Read(buffer)
			if n > 0 {
				parts <- part{buffer[:n], time.Now().Add(delay)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range parts {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.bytes); err != nil {
			break
		}
	}
	_ = to.Close() // the other side hears of the end
	for range parts {
	}
}
