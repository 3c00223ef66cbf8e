package lambda

import (
	"os"
	"testing"
)

func TestPeakMemory(t *testing.T) {
	t.Parallel()
	if peak, known := peakMemory(os.Getpid()); !known || peak < 1<<20 || peak > 1<<40 {
		t.Errorf("this process: %d bytes, known %v", peak, known)
	}
	if peak, known := peakMemory(1 << 30); known {
		t.Errorf("no process: %d bytes", peak)
	}
	tests := map[string]struct {
		peak  int64
		known bool
	}{
		"Name:\tx\nVmPeak:\t  99 kB\nVmHWM:\t    1234 kB\nVmRSS:\t 5 kB\n": {1234 << 10, true},
		"VmHWM:\tmuch\n": {0, false},
		"State:\tZ\n":    {0, false},
	}
	for status, want := range tests {
		if peak, known := parsePeak([]byte(status)); peak != want.peak || known != want.known {
			t.Errorf("%q: %d, %v", status, peak, known)
		}
	}
}
