package stack

import (
	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/emulator/lambda"
	"github.com/fluxa/fluxa/pkg/contract"
)

// Info says how the stack is reached.
func (s *Stack) Info() Info { return s.info }

// Endpoint is what the functions reach the emulated AWS services by: whoever intercepts
// its calls breaks a service.
func (s *Stack) Endpoint() *endpoint.Endpoint { return s.resources.endpoint }

// Function is one of the functions, whose processes can be found and killed.
func (s *Stack) Function(name contract.Function) *lambda.Function { return s.functions.byName[name] }

// Failed receives what ends the stack from within. The caller stops the stack then.
func (s *Stack) Failed() <-chan error { return s.failed }
