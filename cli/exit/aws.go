package exit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/fluxa/fluxa/cli/console"
)

const (
	nextCredentials = "log in (`aws sso login`), or name them with AWS_PROFILE or aws_profile of a profile; `aws sts get-caller-identity` tells whose they are"
	nextAllowed     = "check that these are the right AWS credentials (`aws sts get-caller-identity`), and that they may do it"
	nextReachable   = "check the network, --region and AWS_ENDPOINT_URL"
	nextAgain       = "try it again; AWS's own message says what was wrong"
)

// ofAWS returns the error of a call of AWS in one line, and what to do next. The SDK's own
// text is the chain of its middleware, whose end alone is of use.
func ofAWS(err error) (text, next string, is bool) {
	operation, is := errors.AsType[*smithy.OperationError](err)
	if !is {
		return "", "", false
	}
	before, _, _ := strings.Cut(console.OneLine(err), console.OneLine(operation))
	refusal, answered := errors.AsType[smithy.APIError](operation.Err)
	response, _ := errors.AsType[*smithyhttp.ResponseError](operation.Err)
	switch {
	case answered:
		text = fmt.Sprintf("%s refused %s: %s: %s", operation.Service(), operation.Operation(), refusal.ErrorCode(), refusal.ErrorMessage())
		next = nextAgain
		if response != nil && (response.HTTPStatusCode() == http.StatusForbidden || response.HTTPStatusCode() == http.StatusUnauthorized) || strings.Contains(refusal.ErrorCode(), "AccessDenied") {
			next = nextAllowed
		}
		if strings.Contains(refusal.ErrorCode(), "Expired") {
			next = nextCredentials
		}
	case errors.Is(err, context.DeadlineExceeded):
		text, next = fmt.Sprintf("%s did not answer %s in time", operation.Service(), operation.Operation()), nextReachable
	case strings.Contains(operation.Error(), "get identity: "):
		// No type of the SDK says that it found no credentials.
		text, next = "there are no AWS credentials that work", nextCredentials
	default:
		text, next = fmt.Sprintf("%s cannot be reached for %s: %v", operation.Service(), operation.Operation(), root(operation.Err)), nextReachable
	}
	return before + console.OneLine(errors.New(text)), next, true
}

// root returns the innermost error.
func root(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}
