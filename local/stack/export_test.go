package stack

import (
	"strings"
	"time"

	"github.com/fluxa/fluxa/emulator/sqs"
)

// The parts of a running stack, for tests to look at.

// Queues is where a test counts messages.
func (s *Stack) Queues() *sqs.Server { return s.resources.queues }

// Banner is what Run prints once the stack is up.
func (s *Stack) Banner() string {
	var out strings.Builder
	announce(&out, s.info, s.cfg.Dir, time.Second)
	return out.String()
}

// PortError is portError.
var PortError = portError
