package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
)

const memoryInterval = 50 * time.Millisecond

// sandbox is one execution environment: a process and the Runtime API it talks to.
// It serves one invocation at a time. A sandbox that has lost its process is of no
// further use.
type sandbox struct {
	cfg         Config
	logger      *slog.Logger
	extensionID string
	tail        *logTail
	server      *http.Server
	process     *process
	started     time.Time
	generation  int // of the function's code

	work   chan *invocation // received by the process's request for the next invocation
	booted chan struct{}    // closed when the initialization succeeded or failed
	failed *InitError       // set before booted is closed

	mu         sync.Mutex
	ready      chan struct{} // closed by the first request for an invocation
	initFailed chan struct{} // closed when the process reports an init error
	initFault  []byte
	isReady    bool
	polling    bool
	current    *invocation
}

// startSandbox starts the binary, which is cfg.Binary or what is to replace it, and returns
// at once; booted is closed when it is ready.
func startSandbox(cfg Config, binary string, sink *logSink) (*sandbox, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("lambda: opening the Runtime API of %s: %w", cfg.Name, err)
	}
	s := &sandbox{
		cfg:         cfg,
		extensionID: uuid.NewString(),
		tail:        &logTail{},
		started:     time.Now(),
		work:        make(chan *invocation),
		booted:      make(chan struct{}),
		ready:       make(chan struct{}),
		initFailed:  make(chan struct{}),
	}
	logStream := newLogStream(s.started)
	s.logger = cfg.Logger.With("function", cfg.Name, "log_stream", logStream)
	s.server = newRuntimeAPI(s, s.logger)
	go func() {
		// The error only says that the listener was closed, which exit does.
		_ = s.server.Serve(listener)
	}()

	output := &lineWriter{sink: sink, tail: s.tail}
	cmd := newCommand(cfg, binary, cfg.environ(listener.Addr().String(), logStream), output)
	s.process, err = startProcess(cmd, output.flush)
	if err != nil {
		s.closeServer()
		return nil, &InitError{Function: cfg.Name, Type: "Runtime.InvalidEntrypoint", Message: err.Error()}
	}
	go s.boot()
	go func() {
		<-s.process.exited
		s.closeServer()
	}()
	return s, nil
}

func (s *sandbox) closeServer() {
	// Closing can only fail on a listener that is closed already.
	_ = s.server.Close()
}

func (s *sandbox) boot() {
	defer close(s.booted)
	timer := time.NewTimer(s.cfg.initTimeout)
	defer timer.Stop()
	memory := time.NewTicker(memoryInterval)
	defer memory.Stop()
	for {
		select {
		case <-s.ready:
			s.logger.Debug("execution environment ready", "pid", s.process.pid, "init_ms", milliseconds(time.Since(s.started)))
			return
		case <-s.initFailed:
			s.awaitExit()
			s.fail(s.reportedInitError())
			return
		case <-s.process.exited:
			s.fail(s.exitInitError())
			return
		case <-timer.C:
			s.end()
			s.fail("Sandbox.Timedout", fmt.Sprintf("the initialization did not end within %.2f seconds", s.cfg.initTimeout.Seconds()))
			return
		case <-memory.C:
			if s.overMemory() {
				s.end()
				s.fail("Runtime.OutOfMemory", exitMessage("signal: killed"))
				return
			}
		}
	}
}

func (s *sandbox) fail(kind, message string) {
	s.failed = &InitError{Function: s.cfg.Name, Type: kind, Message: message, Log: s.tail.snapshot()}
	s.logger.Error("the function did not initialize", "error_type", kind, "error", message, "log", s.failed.Log)
}

// exitInitError prefers what the process has reported before it exited.
func (s *sandbox) exitInitError() (kind, message string) {
	select {
	case <-s.initFailed:
		return s.reportedInitError()
	default:
		return "Runtime.ExitError", exitMessage(s.process.exitStatus())
	}
}

func (s *sandbox) reportedInitError() (kind, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var reported fault
	if err := json.Unmarshal(s.initFault, &reported); err != nil || reported.Type == "" {
		return "Runtime.Unknown", string(s.initFault)
	}
	return reported.Type, reported.Message
}

// serve runs one invocation. Not handed says that the process died before it took
// the invocation, which another sandbox may therefore serve. Unless the sandbox
// remains usable, its process is gone when serve returns.
func (s *sandbox) serve(inv *invocation) (result answer, handed bool) {
	inv.deadline = time.Now().Add(s.cfg.Timeout)
	timer := time.NewTimer(s.cfg.Timeout)
	defer timer.Stop()
	select {
	case s.work <- inv:
	case <-s.process.exited:
		return answer{}, false
	case <-timer.C:
		s.end()
		return inv.timedOut(s.cfg.Timeout), true
	}

	memory := time.NewTicker(memoryInterval)
	defer memory.Stop()
	for {
		select {
		case <-inv.finished:
			return s.settle(inv, answer{}), true
		case <-s.process.exited:
			return s.settle(inv, inv.exited(s.process.exitStatus())), true
		case <-timer.C:
			s.end()
			return s.settle(inv, inv.timedOut(s.cfg.Timeout)), true
		case <-memory.C:
			if s.overMemory() {
				s.end()
				return s.settle(inv, inv.outOfMemory()), true
			}
		}
	}
}

// settle returns the answer that the process gave, or else the given one. Nothing
// can answer the invocation any more after it.
func (s *sandbox) settle(inv *invocation, otherwise answer) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = nil
	if inv.answer != nil {
		return *inv.answer
	}
	return otherwise
}

// end kills the process and waits until it is gone.
func (s *sandbox) end() {
	s.process.kill()
	<-s.process.exited
}

// awaitExit gives a process that has reported an init error the time to log and exit.
func (s *sandbox) awaitExit() {
	timer := time.NewTimer(s.cfg.stopGrace)
	defer timer.Stop()
	select {
	case <-s.process.exited:
	case <-timer.C:
		s.end()
	}
}

func (s *sandbox) overMemory() bool {
	peak, known := peakMemory(s.process.pid)
	return known && peak > int64(s.cfg.MemoryMiB)<<20
}

func (s *sandbox) alive() bool {
	select {
	case <-s.process.exited:
		return false
	default:
		return true
	}
}

// beginPoll notes that the process asks for work, which ends the invocation that it
// has answered. It is false when the process may not ask now.
func (s *sandbox) beginPoll() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.polling || (s.current != nil && s.current.answer == nil) {
		return false
	}
	s.polling = true
	if !s.isReady {
		s.isReady = true
		close(s.ready)
	}
	if s.current != nil {
		close(s.current.finished)
		s.current = nil
	}
	return true
}

// endPoll notes which invocation, if any, the process was given.
func (s *sandbox) endPoll(inv *invocation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polling = false
	s.current = inv
}

func (s *sandbox) currentInvocation(id string) *invocation {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || s.current.id != id {
		return nil
	}
	return s.current
}

// answer records the first answer to the invocation in progress.
func (s *sandbox) answer(inv *invocation, a answer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != inv || inv.answer != nil {
		return false
	}
	inv.answer = &a
	return true
}

func (s *sandbox) failInit(payload []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isReady || s.initFault != nil {
		return false
	}
	s.initFault = payload
	close(s.initFailed)
	return true
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Microseconds()) / 1_000
}
