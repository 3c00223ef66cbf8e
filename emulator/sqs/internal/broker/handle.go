package broker

import (
	"encoding/base64"
	"encoding/binary"
)

const (
	handleVersion = 1
	handleSize    = 1 + 3*8
)

// A receipt handle names a queue, a message of it and one receive of that
// message. The nonce is new with each receive, so an older handle no longer
// matches; the queue's id keeps a handle from working on another queue, or on a
// later one of the same name.
type handle struct {
	queue, seq, nonce uint64
}

func (h handle) String() string {
	b := make([]byte, 0, handleSize)
	b = append(b, handleVersion)
	b = binary.BigEndian.AppendUint64(b, h.queue)
	b = binary.BigEndian.AppendUint64(b, h.seq)
	b = binary.BigEndian.AppendUint64(b, h.nonce)
	return base64.StdEncoding.EncodeToString(b)
}

func parseHandle(s string) (handle, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != handleSize || b[0] != handleVersion {
		return handle{}, ErrInvalidHandle
	}
	return handle{
		queue: binary.BigEndian.Uint64(b[1:]),
		seq:   binary.BigEndian.Uint64(b[9:]),
		nonce: binary.BigEndian.Uint64(b[17:]),
	}, nil
}
