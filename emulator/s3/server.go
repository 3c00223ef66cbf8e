package s3

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// Config says where a Server keeps its objects. Dir is required and is made
// when absent. A nil Logger means slog's default logger. NoSync leaves out the
// flush to the disk with each change, which is faster and still safe against
// kill -9, but not against a power cut.
type Config struct {
	Dir    string
	Logger *slog.Logger
	NoSync bool
}

// Server serves the buckets of one folder, which is to be no other server's. It may
// be used concurrently and needs no Close.
type Server struct {
	dir    string
	log    *slog.Logger
	noSync bool
}

var _ http.Handler = (*Server)(nil)

// Open opens the folder, or makes it.
func Open(c Config) (*Server, error) {
	if c.Dir == "" {
		return nil, errors.New("s3: Dir is empty, want the folder that keeps the objects")
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	s := &Server{dir: c.Dir, log: c.Logger, noSync: c.NoSync}
	halfWritten := filepath.Join(c.Dir, newFolder)
	err := errors.Join(os.RemoveAll(halfWritten), os.MkdirAll(halfWritten, 0o700),
		os.MkdirAll(filepath.Join(c.Dir, bucketsFolder), 0o700), s.flush(c.Dir))
	if err != nil {
		return nil, fmt.Errorf("s3: open %s: %w", c.Dir, err)
	}
	return s, nil
}

// EnsureBucket makes a bucket, or finds that it is there.
func (s *Server) EnsureBucket(name string) error {
	if !bucketName.MatchString(name) {
		return fmt.Errorf("s3: bucket %q: a name has 3 to 63 lower-case letters, digits, dots and hyphens", name)
	}
	if err := errors.Join(os.MkdirAll(s.bucketPath(name), 0o700), s.flush(filepath.Join(s.dir, bucketsFolder))); err != nil {
		return fmt.Errorf("s3: make bucket %s: %w", name, err)
	}
	return nil
}

// apiError is an answer of S3 that is not a success.
type apiError struct {
	status        int
	code, message string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

var (
	errNoKey          = &apiError{http.StatusNotFound, "NoSuchKey", "The specified key does not exist."}
	errNoBucket       = &apiError{http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist."}
	errExists         = &apiError{http.StatusPreconditionFailed, "PreconditionFailed", "There is an object of this key."}
	errIncompleteBody = &apiError{http.StatusBadRequest, "IncompleteBody", "The body is not well-formed, or not of the announced length."}
)

func notImplemented(what string) error {
	return &apiError{http.StatusNotImplemented, "NotImplemented", "This emulator has no " + what + "."}
}

// ServeHTTP answers one request of the S3 REST protocol.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	err := s.serve(w, r)
	if err == nil {
		return
	}
	api, ok := errors.AsType[*apiError](err)
	if !ok {
		s.log.Error("s3 request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		api = &apiError{http.StatusInternalServerError, "InternalError", "The storage failed; the log of the emulator says why."}
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(api.status)
	if r.Method == http.MethodHead {
		return
	}
	err = s.writeXML(w, struct {
		XMLName       xml.Name `xml:"Error"`
		Code, Message string
	}{Code: api.code, Message: api.message})
	if err != nil {
		s.log.Debug("s3 answer could not be written", "error", err)
	}
}

func (s *Server) writeXML(w http.ResponseWriter, document any) error {
	w.Header().Set("Content-Type", "application/xml")
	return xml.NewEncoder(w).Encode(document)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) error {
	// A PUT of a sub-resource must not be taken for a PUT of the object itself.
	for name := range r.URL.Query() {
		switch name {
		case "x-id", "list-type", "prefix", "delimiter", "max-keys", "continuation-token", "encoding-type", "fetch-owner",
			"versions", "key-marker", "version-id-marker", "versionId":
		default:
			if !strings.HasPrefix(name, "X-Amz-") { // of a presigned address
				return notImplemented("sub-resource or parameter " + name)
			}
		}
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	version := r.URL.Query().Get("versionId")
	switch {
	case bucket == "" && r.Method == http.MethodGet:
		return s.listBuckets(w)
	case !s.bucketExists(bucket):
		return errNoBucket
	case key == "" && r.Method == http.MethodGet && r.URL.Query().Has("versions"):
		return s.listVersions(w, r, bucket)
	case key == "" && r.Method == http.MethodGet:
		return s.list(w, r, bucket)
	case key == "" && r.Method == http.MethodHead:
		return nil
	case key == "":
		return notImplemented(r.Method + " of a bucket")
	case version != "" && version != nullVersion:
		return errNoVersion
	case r.Method == http.MethodPut && version == "":
		return s.putObject(w, r, bucket, key)
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		return s.getObject(w, r, bucket, key)
	case r.Method == http.MethodDelete:
		if err := s.remove(bucket, key); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return notImplemented(r.Method + " of an object")
}

func (s *Server) putObject(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	condition := r.Header.Get("If-None-Match")
	switch {
	case r.Header.Get("X-Amz-Copy-Source") != "":
		return notImplemented("CopyObject")
	case r.Header.Get("If-Match") != "", condition != "" && condition != "*":
		return notImplemented("condition but If-None-Match: *")
	}
	if name := foreign(r.Header); name != "" {
		return notImplemented("PutObject with the header " + name)
	}
	body, sums, err := readBody(w, r)
	if err != nil {
		return err
	}
	hash := md5.Sum(body)
	o := object{Key: key, ETag: `"` + hex.EncodeToString(hash[:]) + `"`, Modified: time.Now().UTC(), Headers: keptHeaders(r.Header)}
	crc := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body))
	o.Headers["X-Amz-Checksum-Crc32"] = base64.StdEncoding.EncodeToString(crc)
	maps.Copy(o.Headers, sums)
	delete(o.Headers, "Content-Md5")
	if err := s.put(bucket, o, body, condition != ""); err != nil {
		return err
	}
	w.Header().Set("ETag", o.ETag)
	return nil
}

// getObject answers GET and HEAD, of the whole object or of a range. Checksums are
// of the whole, and only for those who ask.
func (s *Server) getObject(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	o, body, closer, err := s.open(bucket, key)
	if err != nil {
		return err
	}
	defer closer.Close()
	checksums := strings.EqualFold(r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") && r.Header.Get("Range") == ""
	w.Header().Set("Content-Type", "binary/octet-stream")
	w.Header().Set("ETag", o.ETag)
	for name, value := range o.Headers {
		if checksumOf(name) == nil || checksums {
			w.Header().Set(name, value)
		}
	}
	http.ServeContent(w, r, "", o.Modified, body)
	return nil
}
