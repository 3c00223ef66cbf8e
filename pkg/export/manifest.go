package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// manifestLimit bounds a manifest, in bytes.
const manifestLimit = 8 << 20

// Manifest says what an export is, and what is in its files. It is written when the export
// begins, and again, complete, when all files are there.
type Manifest struct {
	Format     string      `json:"format"`
	Range      event.Range `json:"range"`
	Complete   bool        `json:"complete"`
	Events     int64       `json:"events"`
	Bytes      int64       `json:"bytes"`
	Unreadable int64       `json:"unreadable"`
	Files      []Part      `json:"files"`
	// After is how far a daily export has come that is not complete.
	After event.Place `json:"after,omitzero"`
}

// Part is one file of an export.
type Part struct {
	Path       string `json:"path"` // below the folder
	Events     int64  `json:"events"`
	Bytes      int64  `json:"bytes"`
	Unreadable int64  `json:"unreadable,omitzero"`
	SHA256     string `json:"sha256"`
}

// job is one export and where it is put.
type job struct {
	Arguments
	bucket   string
	folder   string // below contract.ExportPrefix
	manifest string // its name in the folder
	table    string // the name of the table
	last     string // the last day of the table
}

func (s *Service) job(a Arguments) job {
	return job{
		Arguments: a, bucket: s.cfg.Files.Bucket(), folder: a.Name + "/", manifest: "manifest.json",
		table: tableName(a.Name), last: a.Range.To.Add(-1).UTC().Format(time.DateOnly),
	}
}

// tableName makes the name of a table, which has only letters, digits and underscores
// (https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html).
func tableName(export string) string {
	return "fluxa_" + strings.Map(func(r rune) rune {
		if strings.ContainsRune("/.-", r) {
			return '_'
		}
		return r
	}, export)
}

func (j job) report(files []Part) Report {
	r := Report{Bucket: j.bucket, Folder: contract.ExportPrefix + j.folder, Manifest: j.manifest, Files: len(files)}
	for _, f := range files {
		r.Events, r.Bytes, r.Unreadable = r.Events+f.Events, r.Bytes+f.Bytes, r.Unreadable+f.Unreadable
	}
	return r
}

// begin writes the manifest that is not complete, and the table. An export that is there
// already is returned when it is of the same events in the same format; of others, its
// files must not be mixed with these. Returns an
// InvalidValue fault then.
func (s *Service) begin(ctx context.Context, j job) (Manifest, error) {
	found, ok, err := s.readManifest(ctx, j)
	switch {
	case err != nil:
		return Manifest{}, err
	case ok && !found.same(j):
		return Manifest{}, fault.Newf(fault.InvalidValue, "%s%s is an export of other events, or in another format: give another name", contract.ExportPrefix, j.folder)
	case ok:
		return found, nil
	}
	if err := s.putTable(ctx, j); err != nil {
		return Manifest{}, err
	}
	return Manifest{}, s.putManifest(ctx, j, Manifest{})
}

// putTable writes the table's definition unless it is there: that of the daily exports
// begins with the first of their days.
func (s *Service) putTable(ctx context.Context, j job) error {
	path := j.folder + "table.sql"
	if _, err := s.cfg.Files.Read(ctx, path, manifestLimit); fault.CodeOf(err) != fault.NotFound {
		return err
	}
	sql := s.cfg.Formats[j.Format].Table(j.table, "s3://"+j.bucket+"/"+contract.ExportPrefix+j.folder, j.Range.From.UTC().Format(time.DateOnly), j.last)
	return s.put(ctx, path, "text/plain; charset=utf-8", []byte(sql))
}

func (m Manifest) same(j job) bool {
	a, b := m.Range, j.Range
	return m.Format == j.Format && a.From.Equal(b.From) && a.To.Equal(b.To) && a.UserID == b.UserID &&
		(a.Client == nil) == (b.Client == nil) && (a.Client == nil || *a.Client == *b.Client)
}

func (s *Service) readManifest(ctx context.Context, j job) (m Manifest, ok bool, err error) {
	text, err := s.cfg.Files.Read(ctx, j.folder+j.manifest, manifestLimit)
	if fault.CodeOf(err) == fault.NotFound {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, false, fmt.Errorf("read the manifest %s%s: %w", j.folder, j.manifest, err)
	}
	return m, true, nil
}

func (s *Service) putManifest(ctx context.Context, j job, m Manifest) error {
	r := j.report(m.Files)
	m.Format, m.Range = j.Format, j.Range
	m.Events, m.Bytes, m.Unreadable = r.Events, r.Bytes, r.Unreadable
	var text bytes.Buffer
	if err := json.MarshalWrite(&text, m, jsontext.WithIndent("  ")); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	return s.put(ctx, j.folder+j.manifest, "application/json", append(text.Bytes(), '\n'))
}

func (s *Service) put(ctx context.Context, path, contentType string, body []byte) error {
	sum := sha256.Sum256(body)
	return s.cfg.Files.Write(ctx, path, contentType, bytes.NewReader(body), hex.EncodeToString(sum[:]))
}
