package events

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/objects"
)

// input is what an import reads: it can be read again, and told from another one.
type input struct {
	identity string
	path     string // beside which the journal and the rejects are
	open     func(context.Context) (plain io.Reader, finish func() error, err error)
}

// fileInput is one file.
func fileInput(path string) (input, error) {
	file, err := os.Open(path)
	if err != nil {
		return input{}, fmt.Errorf("open the events: %w", err)
	}
	identity, err := identify(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return input{}, err
	}
	return input{identity, path, func(context.Context) (io.Reader, func() error, error) {
		file, err := os.Open(path)
		if err != nil {
			return nil, nil, fmt.Errorf("open the events: %w", err)
		}
		plain, finish, err := decompressed(file)
		if err != nil {
			return nil, nil, errors.Join(err, file.Close())
		}
		return plain, func() error { finish(); return file.Close() }, nil
	}}, nil
}

// identify returns what tells one file from another: its size, and a hash of its begin.
func identify(file *os.File) (string, error) {
	info, err := file.Stat()
	if err != nil {
		return "", fmt.Errorf("look at the events: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", exit.Usagef("%s is not a file: what cannot be read again cannot be imported; fluxa send --file - takes a stream", file.Name())
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(file, 0, 1<<20)); err != nil {
		return "", fmt.Errorf("read the events: %w", err)
	}
	return fmt.Sprintf("%d bytes, %x", info.Size(), hash.Sum(nil)[:8]), nil
}

// objectsInput is the objects under a prefix, one after the other. They are told from
// others by their names, sizes and ETags.
func objectsInput(ctx context.Context, reader *objects.Reader, prefix objects.Location) (input, error) {
	list, err := reader.List(ctx, prefix)
	if err != nil {
		return input{}, err
	}
	if len(list) == 0 {
		return input{}, fmt.Errorf("there is no object under %s", prefix)
	}
	hash := sha256.New()
	for _, o := range list {
		fmt.Fprintf(hash, "%q %d %s\n", o.Key, o.Size, o.ETag)
	}
	name := strings.ReplaceAll(strings.Trim(prefix.Bucket+"/"+prefix.Key, "/"), "/", "-")
	return input{fmt.Sprintf("%d objects, %x", len(list), hash.Sum(nil)[:8]), name, func(ctx context.Context) (io.Reader, func() error, error) {
		all := &joined{ctx: ctx, reader: reader, rest: list}
		return all, all.close, nil
	}}, nil
}

// joined reads objects one after the other, each decompressed by itself. A last line
// without an end gets one, so that two objects never share a line.
type joined struct {
	ctx    context.Context
	reader *objects.Reader
	rest   []objects.Object

	plain  io.Reader // of the object that is read, nil for none
	finish func() error
	inLine bool // the last byte was not the end of a line
}

// Read reads on.
func (j *joined) Read(p []byte) (int, error) {
	for {
		if j.plain == nil {
			if len(j.rest) == 0 {
				return 0, io.EOF
			}
			if err := j.next(); err != nil {
				return 0, err
			}
		}
		n, err := j.plain.Read(p)
		if n > 0 {
			j.inLine = p[n-1] != '\n'
			return n, nil
		}
		switch {
		case errors.Is(err, io.EOF):
			if err := j.close(); err != nil {
				return 0, err
			}
			if j.inLine && len(p) > 0 {
				j.inLine = false
				p[0] = '\n'
				return 1, nil
			}
		case err != nil:
			return 0, err
		case len(p) == 0:
			return 0, nil
		}
	}
}

func (j *joined) next() error {
	object := j.rest[0]
	j.rest = j.rest[1:]
	body, err := j.reader.Open(j.ctx, object.Location)
	if err != nil {
		return err
	}
	plain, finish, err := decompressed(body)
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", object.Location, err), body.Close())
	}
	j.plain, j.finish = plain, func() error { finish(); return body.Close() }
	return nil
}

func (j *joined) close() error {
	if j.plain == nil {
		return nil
	}
	finish := j.finish
	j.plain, j.finish = nil, nil
	return finish()
}
