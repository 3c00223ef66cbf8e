package event

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// UserID reads whose event a payload is, and nothing else of it: the payload need not be a
// valid event. It is empty when the payload is JSON and names nobody. The error is of what
// is not a JSON object, or names a user by what is not a string; it repeats nothing of it.
func UserID(payload []byte) (string, error) {
	var owner struct {
		UserID string `json:"user_id"`
	}
	if err := json.Unmarshal(payload, &owner, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return "", fmt.Errorf("read whose event it is: %s", unreadable(err))
	}
	return owner.UserID, nil
}
