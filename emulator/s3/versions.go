package s3

import (
	"encoding/xml"
	"net/http"
	"strings"
)

// nullVersion is what S3 calls the one version of an object in a bucket without versions.
const nullVersion = "null"

var errNoVersion = &apiError{http.StatusNotFound, "NoSuchVersion", "The specified version does not exist."}

type versionListing struct {
	XMLName       xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListVersionsResult"`
	Name          string
	Prefix        string
	KeyMarker     string
	MaxKeys       int
	IsTruncated   bool
	NextKeyMarker string          `xml:",omitempty"`
	NextVersion   string          `xml:"NextVersionIdMarker,omitempty"`
	Versions      []listedVersion `xml:"Version"`
}

type listedVersion struct {
	listed
	VersionID string `xml:"VersionId"`
	IsLatest  bool
}

// listVersions answers ListObjectVersions as for a bucket that has no versions.
func (s *Server) listVersions(w http.ResponseWriter, r *http.Request, bucket string) error {
	query := r.URL.Query()
	if query.Has("delimiter") {
		return notImplemented("delimiter of ListObjectVersions")
	}
	limit, err := limitOf(query)
	if err != nil {
		return err
	}
	out := versionListing{Name: bucket, Prefix: query.Get("prefix"), KeyMarker: query.Get("key-marker"), MaxKeys: limit}
	objects, err := s.objects(bucket)
	if err != nil {
		return err
	}
	for _, o := range objects {
		if !strings.HasPrefix(o.Key, out.Prefix) || o.Key <= out.KeyMarker {
			continue
		}
		if len(out.Versions) == limit {
			out.IsTruncated = limit > 0
			break
		}
		out.Versions = append(out.Versions, listedVersion{listed{o.Key, o.Modified.Format(timeFormat), o.ETag, o.Size, "STANDARD"}, nullVersion, true})
	}
	if out.IsTruncated {
		out.NextKeyMarker, out.NextVersion = out.Versions[limit-1].Key, nullVersion
	}
	return s.writeXML(w, out)
}
