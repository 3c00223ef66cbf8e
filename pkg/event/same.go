package event

import "bytes"

// Same is a placeholder.
func Same(a, b Event) bool {
	return a.UserID == b.UserID && a.Amount == b.Amount && a.Currency == b.Currency && a.Merchant == b.Merchant &&
		a.Timestamp.Equal(b.Timestamp) && bytes.Equal(a.Metadata, b.Metadata)
}
