package broker

import (
	"bytes"
	"testing"
)

// A record is what is in the file after whatever happened to the disk.
func FuzzDecodeRecord(f *testing.F) {
	f.Add([]byte("\x02{}body"))
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01{}"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, record []byte) {
		_, body, err := decodeRecord(record)
		if err == nil && !bytes.HasSuffix(record, body) {
			t.Errorf("%q has the body %q", record, body)
		}
		if s, err := decodeState(record); err == nil && !bytes.Equal(s.encode(), record) {
			t.Errorf("%q is %+v", record, s)
		}
	})
}

// A receipt handle is what a caller sends back: any text, perhaps.
func FuzzParseHandle(f *testing.F) {
	f.Add(handle{1, 2, 3}.String())
	f.Add("AQ==")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parseHandle(text)
		if err != nil {
			return
		}
		if again, err := parseHandle(h.String()); err != nil || again != h {
			t.Errorf("%q is %+v, which comes back as %+v, %v", text, h, again, err)
		}
	})
}
