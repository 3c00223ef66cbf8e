// Package sts answers who the caller is, as AWS STS does: the account of the emulator,
// whatever the credentials. Clients ask for it to see that they reach an account at all.
package sts

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"github.com/google/uuid"
)

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// Server answers the one action GetCallerIdentity of the query protocol, and refuses the
// others. Signatures are not verified. It may be used concurrently.
type Server struct{ account string }

var _ http.Handler = (*Server)(nil)

// New returns a server of an account, which has 12 digits.
func New(account string) (*Server, error) {
	if !accountID.MatchString(account) {
		return nil, fmt.Errorf("sts: the account is %q, want 12 digits", account)
	}
	return &Server{account}, nil
}

type identity struct {
	XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ GetCallerIdentityResponse"`
	ARN       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

type refusal struct {
	XMLName   xml.Name `xml:"https://sts.amazonaws.com/doc/2011-06-15/ ErrorResponse"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

// ServeHTTP answers one request. A form that is longer than the caller of this handler
// allows is refused.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := uuid.NewString()
	if err := r.ParseForm(); err != nil {
		status, code := http.StatusBadRequest, "MalformedQueryString"
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			status, code = http.StatusRequestEntityTooLarge, "RequestEntityTooLarge"
		}
		write(w, status, id, refusal{Type: "Sender", Code: code, Message: err.Error(), RequestID: id})
		return
	}
	if action := r.Form.Get("Action"); action != "GetCallerIdentity" {
		write(w, http.StatusBadRequest, id, refusal{
			Type: "Sender", Code: "InvalidAction", RequestID: id,
			Message: fmt.Sprintf("this emulator has no action %q of STS, only GetCallerIdentity", action),
		})
		return
	}
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: of the
	// root user, the id is that of the account.
	write(w, http.StatusOK, id, identity{
		ARN: "arn:aws:iam::" + s.account + ":root", UserID: s.account, Account: s.account, RequestID: id,
	})
}

func write(w http.ResponseWriter, status int, id string, document any) {
	body, err := xml.Marshal(document)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("X-Amzn-RequestId", id)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller is gone if it fails
}
