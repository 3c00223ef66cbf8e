package events

import (
	"fmt"
	"strconv"
	"strings"
)

// size is a number of bytes, written 500, 300KiB or 2MiB on the command line.
type size int

// UnmarshalText reads a size.
func (s *size) UnmarshalText(text []byte) error {
	number, factor := string(text), 1
	for unit, bytes := range map[string]int{"KiB": 1 << 10, "MiB": 1 << 20} {
		if before, ok := strings.CutSuffix(number, unit); ok {
			number, factor = strings.TrimSpace(before), bytes
			break
		}
	}
	value, err := strconv.ParseUint(number, 10, 31)
	if err != nil || value > 1<<31/uint64(factor) {
		return fmt.Errorf("%q is not a size such as 500, 300KiB or 2MiB", text)
	}
	*s = size(int(value) * factor)
	return nil
}
