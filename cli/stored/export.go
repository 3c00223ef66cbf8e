package stored

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/objects"
	"github.com/fluxa/fluxa/cli/operations"
	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/export"
)

type exportCommand struct {
	operations.Target
	console.TextFormat
	Destination string    `arg:"" placeholder:"s3://BUCKET/PREFIX|FOLDER" help:"A prefix under ${export_prefix} in the stage's own bucket, or a folder here."`
	From        time.Time `required:"" placeholder:"TIME" help:"Stored not before this time, RFC 3339."`
	To          time.Time `required:"" placeholder:"TIME" help:"Stored before this time, RFC 3339."`
	Client      *string   `placeholder:"NAME" help:"Only this client's events; an empty name means those without a client. Default: every client's."`
	UserID      string    `placeholder:"ID" help:"Only this user's events."`
	Format      string    `enum:"${export_formats}" default:"parquet" placeholder:"FORMAT" help:"parquet, or ndjson: compressed with gzip (default ${default})."`
}

func (exportCommand) Help() string {
	return `The function maintain writes the files into the stage's own bucket, those of a day under date=YYYY-MM-DD. Beside them are manifest.json, with the count, the size and the SHA-256 of each, and table.sql, by which Amazon Athena reads them where they are. Into a folder here they are read from there, with your AWS credentials, and compared with their hashes.

What is interrupted, the same command goes on with. The exit code is 1 when the payload of an event cannot be read any more: the event is in the files without it, and fluxa audit lists it.

    fluxa export --from 2026-01-31T00:00:00Z --to 2026-02-01T00:00:00Z ./january-31
    fluxa export --from 2026-01-01T00:00:00Z --to 2026-02-01T00:00:00Z --format ndjson \
        s3://fluxa-payloads-prod-123456789012-eu-west-1/exports/january`
}

func (e exportCommand) Run(ctx context.Context, c console.Console) error {
	arguments := export.Arguments{Format: e.Format, Range: event.Range{From: e.From, To: e.To, Client: e.Client, UserID: e.UserID}}
	at, remote := objects.Parse(e.Destination)
	if remote {
		name, ok := strings.CutPrefix(strings.TrimSuffix(at.Key, "/"), contract.ExportPrefix)
		if at.Bucket == "" || !ok {
			return exit.Usagef("%s must be s3://BUCKET/%sNAME: the function maintain may write nothing else", e.Destination, contract.ExportPrefix)
		}
		arguments.Bucket, arguments.Name = at.Bucket, name
	} else {
		arguments.Name = downloadName(arguments)
	}
	if err := arguments.Check(); err != nil {
		return err
	}
	stage, err := e.Open(ctx)
	if err != nil {
		return err
	}
	stage.Tell(c)
	meter := &meter{out: c.Err, verb: "exported", began: time.Now()}
	report, err := operations.Run(ctx, stage, operations.Job[export.Report]{
		Operation: contract.OperationExport, Arguments: arguments, Remember: true,
		Show: func(now export.Report, begun bool) { meter.show(now.Events, 0, begun) },
	})
	meter.end()
	if err != nil {
		return err
	}
	if !remote {
		if err := e.download(ctx, c, report); err != nil {
			return err
		}
	}
	if err := e.tell(c, report, remote); err != nil {
		return err
	}
	if report.Unreadable > 0 {
		return exit.ErrSaid
	}
	return nil
}

// downloadName is a name that the same command gives again, so that it goes on with what
// it began.
func downloadName(a export.Arguments) string {
	compact := func(t time.Time) string { return t.UTC().Format("20060102t150405.999999999") }
	name := strings.Join([]string{contract.DownloadExport + "/" + compact(a.Range.From), compact(a.Range.To), a.Format}, "-")
	if a.Range.Client != nil || a.Range.UserID != "" {
		whose := sha256.Sum256(fmt.Appendf(nil, "%t %q %q", a.Range.Client != nil, valueOf(a.Range.Client), a.Range.UserID))
		name += fmt.Sprintf("-%x", whose[:8])
	}
	return name
}

func valueOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// manifestLimit bounds the manifest, in bytes.
const manifestLimit = 16 << 20

// download reads the files of an export into the folder. The manifest is the last one: a
// folder that has it is whole.
func (e exportCommand) download(ctx context.Context, c console.Console, report export.Report) error {
	reader, err := e.Objects(ctx)
	if err != nil {
		return err
	}
	at := func(path string) objects.Location {
		return objects.Location{Bucket: report.Bucket, Key: report.Folder + path}
	}
	raw, err := readAll(ctx, reader, at(report.Manifest))
	if err != nil {
		return err
	}
	var manifest export.Manifest
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return fmt.Errorf("read %s: %w", at(report.Manifest), err)
	}
	progress := console.NewProgress(c.Err, "downloaded", "files", int64(len(manifest.Files)))
	defer progress.Done()
	for _, file := range manifest.Files {
		if !filepath.IsLocal(file.Path) {
			return fmt.Errorf("%s names the file %q, which is outside of the folder", at(report.Manifest), file.Path)
		}
		if err := reader.Download(ctx, at(file.Path), filepath.Join(e.Destination, filepath.FromSlash(file.Path)), file.SHA256); err != nil {
			return err
		}
		progress.Add(1, 1)
	}
	if err := os.MkdirAll(e.Destination, 0o700); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	if err := os.WriteFile(filepath.Join(e.Destination, report.Manifest), raw, 0o600); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	return nil
}

func readAll(ctx context.Context, reader *objects.Reader, from objects.Location) (raw []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	body, err := reader.Open(ctx, from)
	if err != nil {
		return nil, err
	}
	raw, err = io.ReadAll(io.LimitReader(body, manifestLimit))
	if err := errors.Join(err, body.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", from, err)
	}
	return raw, nil
}

func (e exportCommand) tell(c console.Console, report export.Report, remote bool) error {
	to := objects.Location{Bucket: report.Bucket, Key: report.Folder}.String()
	if !remote {
		to = e.Destination
	}
	if e.Output == "json" {
		return c.JSONLine(struct {
			export.Report
			Destination string `json:"destination"`
		}{report, to})
	}
	fmt.Fprintf(c.Out, "exported %s in %s, %s bytes, to %s\n", console.Count(report.Events, "event"), console.Count(int64(report.Files), "file"), console.Number(report.Bytes), console.Clean(to))
	if remote {
		fmt.Fprintf(c.Out, "the table for Amazon Athena is defined in %s\n", console.Clean(to+"table.sql"))
	}
	if report.Unreadable > 0 {
		fmt.Fprintf(c.Out, "%s without the payload, which is gone or differs: fluxa audit lists them\n", console.Count(report.Unreadable, "event"))
	}
	return nil
}
