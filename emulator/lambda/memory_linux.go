package lambda

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// peakMemory returns the most resident memory, in bytes, that the process has had.
// The peak rather than the present value is what shows a spike between two looks.
// It is not known once the process has ended.
func peakMemory(pid int) (bytes int64, known bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	return parsePeak(status)
}

func parsePeak(status []byte) (int64, bool) {
	scanner := bufio.NewScanner(bytes.NewReader(status))
	for scanner.Scan() {
		value, found := bytes.CutPrefix(scanner.Bytes(), []byte("VmHWM:"))
		if !found {
			continue
		}
		kib, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(value, []byte("kB")))), 10, 64)
		return kib << 10, err == nil
	}
	return 0, false
}
