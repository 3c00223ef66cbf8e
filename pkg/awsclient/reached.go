package awsclient

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Reached reports what the answer to a call says of the way to a service. The call must
// be one that the service has to refuse for what it holds, such as an empty message, so
// that it changes nothing. Returns nil when it was refused for that: the service was
// reached, and did not say that the caller may not. Whether a service looks at the
// rights before it looks at what a call holds is not confirmed for each of them; one that
// does not hides a missing grant from this. Returns the error itself when it has another
// reason (no connection, no such resource, no rights, a fault of the service), and an
// error when there was none.
func Reached(err error) error {
	if err == nil {
		return errors.New("the service took a call that it had to refuse")
	}
	api, isAPI := errors.AsType[smithy.APIError](err)
	response, answered := errors.AsType[*smithyhttp.ResponseError](err)
	if !isAPI || !answered || response.HTTPStatusCode() != http.StatusBadRequest {
		return err
	}
	for _, part := range []string{
		"AccessDenied", "Authorization", "Token", "Signature", "UnrecognizedClient", "NotAuthorized", "OptIn",
		"NonExistent", "DoesNotExist", "NotFound", "Throttl", "OverLimit", "KMS", "InvalidSecurity", "Unknown",
	} {
		if strings.Contains(strings.ToLower(api.ErrorCode()), strings.ToLower(part)) {
			return err
		}
	}
	return nil
}
