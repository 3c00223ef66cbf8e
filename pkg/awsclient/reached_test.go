package awsclient_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/fluxa/fluxa/pkg/awsclient"
)

func TestReached_is_a_call_that_was_refused_for_what_it_holds(t *testing.T) {
	t.Parallel()
	answer := func(status int, code string) error {
		return fmt.Errorf("call: %w", &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: &smithy.GenericAPIError{Code: code},
		})
	}
	for _, code := range []string{"InvalidParameterValue", "MissingParameter", "InvalidParameter", "EmptyValue", "BadDigest", "ValidationException"} {
		if err := awsclient.Reached(answer(400, code)); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
	for _, err := range []error{
		nil, errors.New("dial tcp: i/o timeout"), &smithy.GenericAPIError{Code: "InvalidParameter"},
		answer(400, "AccessDeniedException"), answer(403, "AccessDenied"), answer(403, "AuthorizationError"), answer(400, "ExpiredTokenException"),
		answer(400, "AWS.SimpleQueueService.NonExistentQueue"), answer(400, "QueueDoesNotExist"), answer(404, "NotFound"), answer(404, "NoSuchBucket"),
		answer(400, "ThrottlingException"), answer(400, "KMSAccessDenied"), answer(400, "UnknownError"), answer(503, "ServiceUnavailable"),
	} {
		if awsclient.Reached(err) == nil {
			t.Errorf("%v counts as reached", err)
		}
	}
}
