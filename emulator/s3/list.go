package s3

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const maxKeys = 1000

const timeFormat = "2006-01-02T15:04:05.000Z"

type listing struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name                  string
	Prefix                string
	Delimiter             string `xml:",omitempty"`
	MaxKeys               int
	KeyCount              int
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []listed
	CommonPrefixes        []commonPrefix
}

type listed struct {
	Key          string
	LastModified string
	ETag         string
	Size         int64
	StorageClass string
}

type commonPrefix struct{ Prefix string }

// list answers ListObjectsV2. The token of the next page is the last key or common
// prefix of this one.
func (s *Server) list(w http.ResponseWriter, r *http.Request, bucket string) error {
	query := r.URL.Query()
	if query.Get("list-type") != "2" {
		return notImplemented("ListObjects; ask for list-type=2")
	}
	limit, err := limitOf(query)
	if err != nil {
		return err
	}
	out := listing{Name: bucket, Prefix: query.Get("prefix"), Delimiter: query.Get("delimiter"), MaxKeys: limit}
	objects, err := s.objects(bucket)
	if err != nil {
		return err
	}
	last := query.Get("continuation-token")
	for _, o := range objects {
		rest, ok := strings.CutPrefix(o.Key, out.Prefix)
		if !ok {
			continue
		}
		group := ""
		if before, _, found := strings.Cut(rest, out.Delimiter); found && out.Delimiter != "" {
			group = out.Prefix + before + out.Delimiter
		}
		entry := cmp.Or(group, o.Key)
		if entry <= last {
			continue
		}
		if out.KeyCount == out.MaxKeys {
			out.IsTruncated, out.NextContinuationToken = out.MaxKeys > 0, last
			break
		}
		if out.KeyCount++; group != "" {
			out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{group})
		} else {
			out.Contents = append(out.Contents, listed{o.Key, o.Modified.Format(timeFormat), o.ETag, o.Size, "STANDARD"})
		}
		last = entry
	}
	return s.writeXML(w, out)
}

// limitOf returns how many entries a page may have.
func limitOf(query url.Values) (int, error) {
	text := query.Get("max-keys")
	if text == "" {
		return maxKeys, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 0 {
		return 0, &apiError{http.StatusBadRequest, "InvalidArgument", "max-keys is not a number."}
	}
	return min(limit, maxKeys), nil
}

type bucketList struct {
	XMLName xml.Name       `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
	Buckets []listedBucket `xml:"Buckets>Bucket"`
}

type listedBucket struct{ Name, CreationDate string }

func (s *Server) listBuckets(w http.ResponseWriter) error {
	folders, err := os.ReadDir(filepath.Join(s.dir, bucketsFolder))
	if err != nil {
		return err
	}
	var out bucketList
	for _, folder := range folders {
		info, err := folder.Info()
		if err != nil {
			return err
		}
		out.Buckets = append(out.Buckets, listedBucket{folder.Name(), info.ModTime().UTC().Format(timeFormat)})
	}
	return s.writeXML(w, out)
}
