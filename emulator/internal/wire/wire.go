// Package wire has what several services of the emulator put on the wire: compact
// JSON and trace ids.
package wire

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// JSON encodes a value and leaves <, > and & as they are: escaped, each would take
// six bytes of a payload limit.
func JSON(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}

// TraceRoot returns the Root field of a new X-Ray trace that begins at now.
func TraceRoot(now time.Time) string {
	return fmt.Sprintf("Root=1-%08x-%s", now.Unix(), RandomHex(12))
}

// RandomHex returns twice as many hexadecimal digits as the bytes asked for.
func RandomHex(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never returns an error: the process ends if the system has no randomness
	return hex.EncodeToString(b)
}
