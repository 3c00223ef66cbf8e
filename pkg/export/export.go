// Package export writes stored events to files in the stage's bucket, where other systems
// read them: by the day on which they were stored, with a manifest of the files' counts
// and hashes and a table definition beside them.
package export

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/operate"
)

// Store reads stored events.
type Store interface {
	// Range returns the events of a range that follow a place: limit at most, of one day,
	// with no more than maxBytes of payloads unless the first is larger alone. Returns a
	// DatabaseUnavailable fault.
	Range(ctx context.Context, r event.Range, after event.Place, limit, maxBytes int) (event.RangePage, error)
}

// Payloads reads the payloads of S3 events.
type Payloads interface {
	// Get reads an object of at most limit bytes. Returns a PayloadMissing fault when
	// there is none, a PayloadTooLarge or a StorageUnavailable one.
	Get(ctx context.Context, key string, limit int64) ([]byte, error)
}

// Files keeps what is exported: files in a bucket, by their paths below
// contract.ExportPrefix.
type Files interface {
	Bucket() string
	// Read reads a file of at most limit bytes. Returns a NotFound fault when there is
	// none, or a StorageUnavailable one.
	Read(ctx context.Context, path string, limit int64) ([]byte, error)
	// Write stores a file whole, or nothing. Returns a StorageUnavailable fault.
	Write(ctx context.Context, path, contentType string, body Body, sha256Hex string) error
}

// Body is what a file holds: a reader that can be read again and knows its size.
type Body interface {
	io.ReadSeeker
	Size() int64
}

// Format writes the files of one format.
type Format interface {
	// Ending is that of a file's name.
	Ending() string
	// Begin begins a file.
	Begin(out io.Writer) (File, error)
	// Table defines a table of the files under location, in SQL, by the days from first to
	// last.
	Table(name, location, first, last string) string
}

// File is one file that is being written. It is whole after Finish.
type File interface {
	Add(event.Stored) error
	Finish() error
}

// Config holds what a Service needs.
type Config struct {
	Store    Store
	Payloads Payloads
	Files    Files
	Formats  map[string]Format
	// PartEvents and PartBytes bound one file: it ends with the event that reaches one of
	// them. The bytes are those of the payloads. Default 50,000
	// events and 32 MiB.
	PartEvents int
	PartBytes  int
	Now        func() time.Time // default time.Now
}

// Service exports. It is safe for concurrent use. Of two exports of the same name at once
// both write the same files.
type Service struct{ cfg Config }

// New returns a Service, or an error that names the field that is wrong.
func New(cfg Config) (*Service, error) {
	switch {
	case cfg.Store == nil:
		return nil, errors.New("export: Store is required")
	case cfg.Payloads == nil:
		return nil, errors.New("export: Payloads is required")
	case cfg.Files == nil:
		return nil, errors.New("export: Files is required")
	case len(cfg.Formats) == 0:
		return nil, errors.New("export: Formats is required")
	case cfg.PartEvents < 0 || cfg.PartBytes < 0:
		return nil, errors.New("export: PartEvents and PartBytes must not be negative")
	}
	if cfg.PartEvents == 0 {
		cfg.PartEvents = 50_000
	}
	if cfg.PartBytes == 0 {
		cfg.PartBytes = 32 << 20
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{cfg}, nil
}

// Operation is the export as an operator asks for it.
func (s *Service) Operation() operate.Operation { return operate.Define(s.step) }

// Cursor is how far an export has come. It holds the files that were written, since only
// a manifest that names them all is written in the end.
type Cursor struct {
	Begun  bool        `json:"begun,omitzero"`
	Walked bool        `json:"walked,omitzero"`
	After  event.Place `json:"after,omitzero"`
	Files  []Part      `json:"files,omitzero"`
}

// Report says how far an export has come, and where it is.
type Report struct {
	Bucket   string `json:"bucket"`
	Folder   string `json:"folder"`   // ends with a slash
	Manifest string `json:"manifest"` // its name in the folder
	Events   int64  `json:"events"`
	Files    int    `json:"files"`
	Bytes    int64  `json:"bytes"` // of the files
	// Unreadable are events whose payload object is gone, or is not what was accepted:
	// they are in the files without it.
	Unreadable int64 `json:"unreadable"`
}

// step does the next part: it begins the export, writes one file, or ends it. A step that
// is repeated writes the same objects again.
func (s *Service) step(ctx context.Context, call operate.Call[Arguments], c *Cursor, report *Report) (bool, error) {
	if err := call.Arguments.Range.Check(s.cfg.Now()); err != nil {
		return false, err
	}
	job := s.job(call.Arguments)
	if wanted := call.Arguments.Bucket; wanted != "" && wanted != job.bucket {
		return false, fault.Newf(fault.InvalidValue, "the stage's own bucket is %s, and its network reaches no other: export to s3://%s/%s, not into %s", job.bucket, job.bucket, contract.ExportPrefix+call.Arguments.Name, wanted)
	}
	switch {
	case !c.Begun:
		begun, err := s.begin(ctx, job)
		if err != nil {
			return false, err
		}
		c.Begun = true
		if begun.Complete {
			*report = job.report(begun.Files)
			return true, nil
		}
	case !c.Walked:
		part, next, err := s.part(ctx, job, c.After, c.Files)
		if err != nil {
			return false, err
		}
		c.After, c.Walked = next.Next, next.Done
		if part.Events > 0 {
			c.Files = append(c.Files, part)
		}
	default:
		if err := s.putManifest(ctx, job, Manifest{Complete: true, Files: c.Files}); err != nil {
			return false, err
		}
		*report = job.report(c.Files)
		return true, nil
	}
	*report = job.report(c.Files)
	return false, nil
}
