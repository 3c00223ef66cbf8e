package lambda

import (
	"strings"
	"time"

	"github.com/fluxa/fluxa/emulator/internal/wire"
)

// completeTrace makes a full X-Ray trace header of the given one. The fields that
// are there stay as they are; a missing parent or sampling decision is added, and
// without a root, or with characters that a header cannot carry, the trace is new.
func completeTrace(header string, now time.Time) string {
	var fields []string
	has := map[string]bool{}
	for field := range strings.SplitSeq(header, ";") {
		field = strings.TrimSpace(field)
		name, value, _ := strings.Cut(field, "=")
		if value == "" {
			continue
		}
		has[name] = true
		fields = append(fields, field)
	}
	if !has["Root"] || !isPrintable(header) {
		fields = []string{wire.TraceRoot(now)}
		has = map[string]bool{}
	}
	if !has["Parent"] {
		fields = append(fields, "Parent="+wire.RandomHex(8))
	}
	if !has["Sampled"] {
		fields = append(fields, "Sampled=1")
	}
	return strings.Join(fields, ";")
}

func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
