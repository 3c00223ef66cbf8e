package endpoint

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 2 * time.Minute
	// answerTimeout is above a long poll of 20 seconds and the answer after it.
	answerTimeout = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 5 * time.Second
	maxHeaders    = 64 << 10
)

// Serve serves the listener until ctx is done and then stops: long polls end at
// once, other requests get five seconds to finish, and what is left is cut off.
// It closes the listener and returns nil after a stop that ctx asked for.
func (e *Endpoint) Serve(ctx context.Context, l net.Listener) error {
	// Requests run under a context of their own, which is cancelled at the stop:
	// that is what ends the long polls.
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := &http.Server{
		Handler:           e,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaders,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ErrorLog:          slog.NewLogLogger(e.log.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("endpoint: serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	cancel()
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer stop()
	if err := server.Shutdown(grace); err != nil {
		e.log.Warn("aws endpoint cut off requests that did not end in time", "error", err)
		if err := server.Close(); err != nil {
			return fmt.Errorf("endpoint: close %s: %w", l.Addr(), err)
		}
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("endpoint: serve %s: %w", l.Addr(), err)
	}
	return nil
}
