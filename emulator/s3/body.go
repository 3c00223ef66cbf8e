package s3

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// maxBodyBytes bounds an object, which is in memory while it is put.
const maxBodyBytes = 64 << 20

// crc64NVME is the polynomial of CRC-64/NVME, bit-reversed as hash/crc64 wants.
const crc64NVME = 0x9a6c9329ac4bc9b5

// checksumOf returns a new hash for a header that carries a checksum, or nil for
// any other header.
func checksumOf(header string) hash.Hash {
	switch strings.ToLower(header) {
	case "content-md5":
		return md5.New()
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

// readBody returns the body of a put, decoded and of the length that was announced,
// and its checksums, all of them verified.
func readBody(w http.ResponseWriter, r *http.Request) (body []byte, sums map[string]string, err error) {
	limited := http.MaxBytesReader(w, r.Body, maxBodyBytes)
	sent := map[string]string{}
	for name := range r.Header {
		sent[name] = r.Header.Get(name)
	}
	if isAWSChunked(r.Header) {
		var trailer textproto.MIMEHeader
		if body, trailer, err = dechunk(limited, r.Header.Get("X-Amz-Decoded-Content-Length")); err == nil {
			for name := range strings.SplitSeq(r.Header.Get("X-Amz-Trailer"), ",") {
				name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
				sent[name] = trailer.Get(name)
			}
		}
	} else {
		body, err = io.ReadAll(limited)
	}
	if err != nil {
		return nil, nil, bodyError(err)
	}
	sums = map[string]string{}
	for name, value := range sent {
		h := checksumOf(name)
		if h == nil {
			continue
		}
		h.Write(body) // a hash never returns an error
		sum, err := base64.StdEncoding.DecodeString(value)
		if err != nil || len(sum) != h.Size() {
			return nil, nil, &apiError{http.StatusBadRequest, "InvalidArgument", "Value for " + name + " header is invalid."}
		}
		if !bytes.Equal(sum, h.Sum(nil)) {
			return nil, nil, &apiError{http.StatusBadRequest, "BadDigest", "The " + name + " you specified did not match what was received."}
		}
		sums[name] = value
	}
	return body, sums, nil
}

// dechunk decodes the aws-chunked encoding: the chunks of HTTP, each perhaps with a
// signature, which is not verified, and headers after the last one.
func dechunk(in io.Reader, announced string) ([]byte, textproto.MIMEHeader, error) {
	size, err := strconv.ParseInt(announced, 10, 64)
	if err != nil {
		return nil, nil, &apiError{http.StatusLengthRequired, "MissingContentLength", "An aws-chunked body needs the header X-Amz-Decoded-Content-Length."}
	}
	reader := bufio.NewReader(in)
	body, err := io.ReadAll(httputil.NewChunkedReader(reader))
	if err != nil {
		return nil, nil, err
	}
	if int64(len(body)) != size {
		return nil, nil, errIncompleteBody
	}
	trailer, err := textproto.NewReader(reader).ReadMIMEHeader()
	if err != nil && !errors.Is(err, io.EOF) { // an SDK may leave out the empty last line
		return nil, nil, err
	}
	return body, trailer, nil
}

// bodyError is what S3 says of a body that could not be read.
func bodyError(err error) error {
	if answer, ok := errors.AsType[*apiError](err); ok {
		return answer
	}
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &apiError{http.StatusBadRequest, "EntityTooLarge", fmt.Sprintf("This emulator takes at most %d bytes in one put.", large.Limit)}
	}
	return errIncompleteBody
}

func isAWSChunked(h http.Header) bool {
	return strings.HasPrefix(h.Get("X-Amz-Content-Sha256"), "STREAMING-") ||
		strings.Contains(h.Get("Content-Encoding"), "aws-chunked")
}

// foreign returns a header of a PUT that asks for something that is not there, such as
// tags or encryption, or nothing. What is not known is refused, so that nobody takes an
// object for one that has it.
func foreign(h http.Header) string {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		switch name {
		case "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Decoded-Content-Length", "X-Amz-Expected-Bucket-Owner",
			"X-Amz-Sdk-Checksum-Algorithm", "X-Amz-Security-Token", "X-Amz-Trailer", "X-Amz-User-Agent":
			continue
		}
		if strings.HasPrefix(name, "X-Amz-") && !strings.HasPrefix(name, "X-Amz-Meta-") && checksumOf(name) == nil {
			return name
		}
	}
	return ""
}

// keptHeaders are those of a put that belong to the object.
func keptHeaders(h http.Header) map[string]string {
	kept := map[string]string{}
	for name := range h {
		value := h.Get(name)
		switch {
		case strings.HasPrefix(name, "X-Amz-Meta-"), name == "Content-Type", name == "Content-Disposition":
			kept[name] = value
		case name == "Content-Encoding":
			value = strings.Trim(strings.ReplaceAll(value, "aws-chunked", ""), ", ")
			if value != "" {
				kept[name] = value
			}
		}
	}
	return kept
}
