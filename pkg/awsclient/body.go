package awsclient

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ReadOnly returns a client that sends requests by the one given and lets it do
// nothing with a request's body but read and close it.
//
// The SDK closes that body as soon as the head of the answer is there, and its
// WriteTo then returns io.EOF, which net/http takes for a request that was not
// sent: it closes the connection, and an answer longer than the 4 KiB that it has
// read ahead is lost with "use of closed network connection"
// (aws/aws-sdk-go-v2#2737; writeBody in net/http/transfer.go copies what is left of
// the body; WriteTo in smithy-go's transport/http/internal/io/safe.go). The SDK
// tries such a call again, but messages that SQS gave out with the lost answer are
// hidden until their visibility time-out ends.
func ReadOnly(client aws.HTTPClient) aws.HTTPClient { return readOnly{client} }

type readOnly struct{ aws.HTTPClient }

// Do sends the request.
func (c readOnly) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		plain := *r // not Clone: only the body differs, and only for the client
		plain.Body = struct{ io.ReadCloser }{r.Body}
		r = &plain
	}
	return c.HTTPClient.Do(r)
}
