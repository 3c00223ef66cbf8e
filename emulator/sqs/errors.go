package sqs

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/fluxa/fluxa/emulator/sqs/internal/broker"
)

// apiError is an error as the protocol shows it: the shape's name in the body,
// the code of the old query protocol in a header. An SDK makes its typed error
// from the first and gives the second as the code.
type apiError struct {
	shape   string
	code    string
	status  int
	message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

func (e *apiError) senderFault() bool { return e.status < http.StatusInternalServerError }

const (
	shapePrefix = "com.amazonaws.sqs#"
	coralPrefix = "com.amazon.coral.service#"
	codePrefix  = "AWS.SimpleQueueService."
)

func modelled(shape, code string, status int, format string, args ...any) *apiError {
	return &apiError{shape: shapePrefix + shape, code: code, status: status, message: fmt.Sprintf(format, args...)}
}

func queueDoesNotExist() *apiError {
	return modelled("QueueDoesNotExist", codePrefix+"NonExistentQueue", 400, "The specified queue does not exist.")
}

func queueNameExists(attribute string) *apiError {
	return modelled("QueueNameExists", "QueueAlreadyExists", 400,
		"A queue already exists with the same name and a different value for attribute %s", attribute)
}

func invalidAddress(url string) *apiError {
	return modelled("InvalidAddress", "InvalidAddress", 404, "The address %s is not valid for this endpoint.", url)
}

func invalidAttributeName(name string) *apiError {
	return modelled("InvalidAttributeName", "InvalidAttributeName", 400, "Unknown Attribute %s.", name)
}

func invalidAttributeValue(name, reason string) *apiError {
	return modelled("InvalidAttributeValue", "InvalidAttributeValue", 400, "Invalid value for the parameter %s. Reason: %s", name, reason)
}

func receiptHandleIsInvalid(handle string) *apiError {
	return modelled("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 404, "The input receipt handle %q is not a valid receipt handle.", handle)
}

func invalidMessageContents() *apiError {
	return modelled("InvalidMessageContents", "InvalidMessageContents", 400,
		"Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
}

func missingParameter(name string) *apiError {
	return &apiError{
		shape: coralPrefix + "MissingRequiredParameterException", code: "MissingParameter", status: 400,
		message: "The request must contain the parameter " + name + ".",
	}
}

func invalidParameter(format string, args ...any) *apiError {
	return &apiError{
		shape: coralPrefix + "InvalidParameterValueException", code: "InvalidParameterValue", status: 400,
		message: fmt.Sprintf(format, args...),
	}
}

func parameterOutOfRange(name string, value any, reason string) *apiError {
	return invalidParameter("Value %v for parameter %s is invalid. Reason: %s", value, name, reason)
}

func serializationError(message string) *apiError {
	return &apiError{shape: coralPrefix + "SerializationException", code: "MalformedInput", status: 400, message: message}
}

func unknownOperation(target string) *apiError {
	return &apiError{
		shape: coralPrefix + "UnknownOperationException", code: "InvalidAction", status: 400,
		message: fmt.Sprintf("this emulator has no operation for X-Amz-Target %q", target),
	}
}

func requestTooLarge(limit int64) *apiError {
	return &apiError{
		shape: coralPrefix + "RequestEntityTooLargeException", code: "RequestEntityTooLarge",
		status: http.StatusRequestEntityTooLarge, message: fmt.Sprintf("the request is longer than %d bytes", limit),
	}
}

func internalError() *apiError {
	return &apiError{
		shape: coralPrefix + "InternalFailure", code: "InternalFailure", status: 500,
		message: "The queue storage failed; the log of the emulator says why.",
	}
}

func unavailable() *apiError {
	return &apiError{
		shape: coralPrefix + "ServiceUnavailableException", code: "ServiceUnavailable", status: 503,
		message: "The queue service is stopping.",
	}
}

// batch errors, of a whole request.

func emptyBatch(entry string) *apiError {
	return modelled("EmptyBatchRequest", codePrefix+"EmptyBatchRequest", 400,
		"There should be at least one %s in the request.", entry)
}

func tooManyEntries(n int) *apiError {
	return modelled("TooManyEntriesInBatchRequest", codePrefix+"TooManyEntriesInBatchRequest", 400,
		"Maximum number of entries per request are %d. You have sent %d.", maxBatchEntries, n)
}

func idsNotDistinct(id string) *apiError {
	return modelled("BatchEntryIdsNotDistinct", codePrefix+"BatchEntryIdsNotDistinct", 400, "Id %s repeated.", id)
}

func invalidEntryID() *apiError {
	return modelled("InvalidBatchEntryId", codePrefix+"InvalidBatchEntryId", 400,
		"A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
}

func batchTooLong(size int) *apiError {
	return modelled("BatchRequestTooLong", codePrefix+"BatchRequestTooLong", 400,
		"Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBatchBytes, size)
}

// asAPIError translates an error of the broker. The handle is the one the call
// was about, if any. What the table does not know is a failure of the storage.
func asAPIError(err error, handle string) *apiError {
	var api *apiError
	switch {
	case errors.As(err, &api):
		return api
	case errors.Is(err, broker.ErrQueueNotFound):
		return queueDoesNotExist()
	case errors.Is(err, broker.ErrInvalidHandle):
		return receiptHandleIsInvalid(handle)
	case errors.Is(err, broker.ErrMessageGone):
		return parameterOutOfRange("ReceiptHandle", handle,
			"Message does not exist or is not available for visibility timeout change.")
	case errors.Is(err, broker.ErrNotInFlight):
		return modelled("MessageNotInflight", codePrefix+"MessageNotInflight", 400, "The specified message isn't in flight.")
	case errors.Is(err, broker.ErrVisibilityTooLong):
		return invalidParameter("Total VisibilityTimeout for the message is beyond the limit [43200 seconds]")
	case errors.Is(err, broker.ErrOverLimit):
		return modelled("OverLimit", "OverLimit", 403, "Too many messages in flight.")
	case errors.Is(err, broker.ErrPurgeInProgress):
		return modelled("PurgeQueueInProgress", codePrefix+"PurgeQueueInProgress", 403,
			"Only one PurgeQueue operation is allowed every 60 seconds.")
	case errors.Is(err, broker.ErrClosed), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return unavailable()
	default:
		return internalError()
	}
}
