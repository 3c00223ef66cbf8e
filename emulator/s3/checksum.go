package s3

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// crc64NVME is the polynomial of CRC-64/NVME, bit-reversed as hash/crc64 wants.
const crc64NVME = 0x9a6c9329ac4bc9b5

// checksumOf returns a new hash for a header that carries a checksum, or nil for
// any other header.
func checksumOf(header string) hash.Hash {
	switch strings.ToLower(header) {
	case "x-amz-checksum-crc32":
		return crc32.NewIEEE()
	case "x-amz-checksum-crc32c":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case "x-amz-checksum-crc64nvme":
		return crc64.New(crc64.MakeTable(crc64NVME))
	case "x-amz-checksum-sha1":
		return sha1.New()
	case "x-amz-checksum-sha256":
		return sha256.New()
	}
	return nil
}

// verifier hashes what passes through and, at the end, compares with the sums
// that the client sent. A mismatch is a read error, so nothing is stored. The
// sums are asked for at the end because they may come after the body.
type verifier struct {
	body   io.ReadCloser
	hashes map[string]hash.Hash
	sent   func(header string) string
}

func (v *verifier) Close() error { return v.body.Close() }

func (v *verifier) Read(p []byte) (int, error) {
	n, err := v.body.Read(p)
	for _, h := range v.hashes {
		h.Write(p[:n]) // a hash never returns an error
	}
	if err == io.EOF {
		if mismatch := v.verify(); mismatch != nil {
			return n, mismatch
		}
	}
	return n, err
}

func (v *verifier) verify() error {
	for header, h := range v.hashes {
		algorithm := strings.ToUpper(strings.TrimPrefix(strings.ToLower(header), "x-amz-checksum-"))
		sum, err := base64.StdEncoding.DecodeString(v.sent(header))
		if err != nil || len(sum) != h.Size() {
			return gofakes3.ErrorMessagef(gofakes3.ErrInvalidArgument, "Value for %s header is invalid.", header)
		}
		if string(sum) != string(h.Sum(nil)) {
			return gofakes3.ErrorMessagef(gofakes3.ErrBadDigest,
				"The %s you specified did not match the calculated checksum.", algorithm)
		}
	}
	return nil
}
