package contract

import (
	"fmt"
	"net/url"
)

// TokenCaller names the subject of an issuer's tokens as the functions know a caller.
// The subject is escaped, so that no subject of one issuer reads as one of another.
func TokenCaller(issuer, subject string) string {
	return fmt.Sprintf("%s#%s", issuer, url.QueryEscape(subject))
}
