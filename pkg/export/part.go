package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

const (
	// pageEvents and pageBytes bound what is read of the database at once.
	pageEvents = 1_000
	pageBytes  = 4 << 20

	// fetches is how many payload objects are in memory before they are written, each of
	// up to contract.BodyLimit bytes.
	fetches = 2

	// partLimit bounds the files of one export: a token has a line for each, and a call
	// takes 6 MB.
	partLimit = 10_000
)

// part writes the next file of a walk, of one day, and returns where the walk goes on.
// Without events on that day no file is written. The file is made on disk first: in memory
// is no more than a format needs of it.
func (s *Service) part(ctx context.Context, j job, after event.Place, before []Part) (part Part, next event.RangePage, err error) {
	if len(before) >= partLimit {
		return part, next, fault.Newf(fault.InvalidValue, "the range has more than %d files: export a shorter one", partLimit)
	}
	made, err := os.CreateTemp("", "fluxa-export-*")
	if err != nil {
		return part, next, fmt.Errorf("make a temporary file: %w", err)
	}
	defer func() { err = errors.Join(err, made.Close(), os.Remove(made.Name())) }()
	hash := sha256.New()
	file, err := s.cfg.Formats[j.Format].Begin(io.MultiWriter(made, hash))
	if err != nil {
		return part, next, fmt.Errorf("begin a file: %w", err)
	}
	w := writing{service: s, file: file}
	next, err = w.fill(ctx, j.Range, after)
	if err != nil || w.part.Events == 0 {
		return part, next, err
	}
	if err := file.Finish(); err != nil {
		return part, next, fmt.Errorf("end a file: %w", err)
	}
	if w.part.Bytes, err = made.Seek(0, io.SeekCurrent); err != nil {
		return part, next, fmt.Errorf("measure a file: %w", err)
	}
	w.part.Path, w.part.SHA256 = partPath(w.day, before, s.cfg.Formats[j.Format].Ending()), hex.EncodeToString(hash.Sum(nil))
	body := io.NewSectionReader(made, 0, w.part.Bytes)
	return w.part, next, s.cfg.Files.Write(ctx, j.folder+w.part.Path, "application/octet-stream", body, w.part.SHA256)
}

// partPath names a file by its day and its number among the files of the day.
func partPath(day time.Time, before []Part, ending string) string {
	folder, number := "date="+day.Format(time.DateOnly)+"/", 1
	for i := len(before) - 1; i >= 0 && strings.HasPrefix(before[i].Path, folder); i-- {
		number++
	}
	return fmt.Sprintf("%spart-%05d%s", folder, number, ending)
}

// writing is a file while it is written.
type writing struct {
	service *Service
	file    File
	part    Part
	day     time.Time
	bytes   int // of payloads
}

// full reports whether the file ends here.
func (w *writing) full() bool {
	return w.part.Events >= int64(w.service.cfg.PartEvents) || w.bytes >= w.service.cfg.PartBytes
}

// fill writes events until the file is full or the day is over.
func (w *writing) fill(ctx context.Context, r event.Range, after event.Place) (event.RangePage, error) {
	for {
		page, err := w.service.cfg.Store.Range(ctx, r, after, pageEvents, pageBytes)
		if err != nil {
			return event.RangePage{}, err
		}
		if len(page.Events) > 0 {
			w.day = page.Events[0].CreatedAt.UTC().Truncate(24 * time.Hour)
		}
		added, err := w.add(ctx, page.Events)
		if err != nil {
			return event.RangePage{}, err
		}
		if added < len(page.Events) {
			last := page.Events[added-1]
			return event.RangePage{Next: event.Place{Day: w.day, ID: last.ID, Client: last.Client}}, nil
		}
		if page.Done || page.Next.ID == "" || w.full() {
			return page, nil
		}
		after = page.Next
	}
}

// add writes events until the file is full, and returns how many.
func (w *writing) add(ctx context.Context, events []event.Stored) (int, error) {
	fetched := 0
	for i := range events {
		if i == fetched {
			n, err := w.fetch(ctx, events[i:])
			if err != nil {
				return 0, err
			}
			fetched += n
		}
		if events[i].Payload == nil {
			w.part.Unreadable++
		}
		if err := w.file.Add(events[i]); err != nil {
			return 0, fmt.Errorf("write event %s: %w", events[i].ID, err)
		}
		w.part.Events++
		w.bytes += len(events[i].Payload)
		events[i].Payload = nil
		if w.full() {
			return i + 1, nil
		}
	}
	return len(events), nil
}

// fetch reads payload objects, and returns how many of the first events have their
// payloads then.
func (w *writing) fetch(ctx context.Context, events []event.Stored) (int, error) {
	group, ctx := errgroup.WithContext(ctx)
	n, objects := 0, 0
	for ; n < len(events); n++ {
		if events[n].Mode != event.S3 {
			continue
		}
		if objects++; objects > fetches {
			break
		}
		large := &events[n]
		group.Go(func() (err error) {
			large.Payload, err = w.payload(ctx, *large)
			return err
		})
	}
	return n, group.Wait()
}

// payload returns the payload of an S3 event, nil for one that is gone or is not what was
// accepted.
func (w *writing) payload(ctx context.Context, e event.Stored) ([]byte, error) {
	payload, err := w.service.cfg.Payloads.Get(ctx, event.ObjectKey(e.Identity(), e.SHA256), contract.BodyLimit)
	switch code := fault.CodeOf(err); {
	case err != nil && (code == fault.PayloadMissing || code == fault.PayloadTooLarge):
		return nil, nil
	case err != nil:
		return nil, err
	case event.Hash(payload) != e.SHA256:
		return nil, nil
	}
	return payload, nil
}
