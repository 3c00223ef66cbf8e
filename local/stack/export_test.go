package stack

import (
	"strings"
	"time"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/lambda"
	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/pkg/contract"
)

// The parts of a running stack, for tests to look at and to break.

func (s *Stack) Info() Info { return s.info }

// Endpoint is where a test breaks an AWS service.
func (s *Stack) Endpoint() *endpoint.Endpoint { return s.resources.endpoint }

// Queues is where a test counts messages.
func (s *Stack) Queues() *sqs.Server { return s.resources.queues }

// Function is where a test kills a process.
func (s *Stack) Function(name contract.Function) *lambda.Function { return s.functions.byName[name] }

// Banner is what Run prints once the stack is up.
func (s *Stack) Banner() string {
	var out strings.Builder
	announce(&out, s.info, s.cfg.Dir, time.Second)
	return out.String()
}
