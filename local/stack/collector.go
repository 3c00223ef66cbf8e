package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// startCollector serves Config.Traces to the functions, and returns its address, or nothing
// without one. Only this machine reaches it.
func (s *Stack) startCollector(background context.Context) (address string, err error) {
	if s.cfg.Traces == nil {
		return "", nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return "", fmt.Errorf("listen for traces: %w", err)
	}
	server := &http.Server{Handler: s.cfg.Traces, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	s.run(background, "the collector of traces", func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // what is under way is of functions that have stopped
		defer stop()
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return urlOf(l), nil
}
