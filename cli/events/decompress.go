package events

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// windowLimit is the most memory that a zstd stream may ask for: that of zstd --long=27,
// which zstd itself takes without being told.
const windowLimit = 128 << 20

// decompressed reads what gzip or zstd compressed, told by its first bytes, or else the
// bytes as they are. finish frees what the reader holds.
func decompressed(r io.Reader) (plain io.Reader, finish func(), err error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	begin, err := buffered.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, fmt.Errorf("read the events: %w", err)
	}
	switch {
	case bytes.HasPrefix(begin, []byte{0x1f, 0x8b}):
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, nil, fmt.Errorf("read the gzip header: %w", err)
		}
		return unzipped, func() {}, nil
	case bytes.Equal(begin, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		decoder, err := zstd.NewReader(buffered, zstd.WithDecoderMaxWindow(windowLimit), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, nil, fmt.Errorf("read the zstd header: %w", err)
		}
		return decoder, decoder.Close, nil
	}
	return buffered, func() {}, nil
}
