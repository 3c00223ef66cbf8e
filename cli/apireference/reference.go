// Package apireference serves the reference of the HTTP API: the OpenAPI document, and a
// page that shows it and sends requests to the API beside it.
package apireference

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/fluxa/fluxa/pkg/openapi"
)

var (
	//go:embed assets/page.html
	page []byte
	//go:embed assets/page.js
	script []byte
	// scalar is Scalar's bundle, compressed: a quarter of its 4.9 MB.
	//go:embed assets/scalar.js.gz
	scalar []byte
)

// policy lets the page load and call what this origin serves, and nothing else. Scalar
// writes its styles into the page.
const policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
	"font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// New returns a handler of the page at path, such as /docs, and of what it loads below it.
func New(path string) (http.Handler, error) {
	if !strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/") {
		return nil, fmt.Errorf("apireference: the path is %q, it must begin with a slash and not end with one", path)
	}
	document, err := openapi.Document()
	if err != nil {
		return nil, err
	}
	html := bytes.ReplaceAll(page, []byte("{path}"), []byte(path))
	mux := http.NewServeMux()
	mux.Handle("GET "+path, file(html, "text/html; charset=utf-8"))
	mux.Handle("GET "+path+"/{$}", http.RedirectHandler(path, http.StatusMovedPermanently))
	mux.Handle("GET "+path+"/page.js", file(script, "text/javascript; charset=utf-8"))
	mux.Handle("GET "+path+"/openapi.json", file(document, "application/json"))
	mux.HandleFunc("GET "+path+"/scalar.js", serveScalar)
	return guarded(mux), nil
}

func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

func file(content []byte, kind string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})
}

// serveScalar sends the bundle as it is kept, and inflates it for who takes no gzip.
func serveScalar(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Vary", "Accept-Encoding")
	w.Header().Set("Cache-Control", "max-age=3600")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(scalar) // the reader is gone if it fails
		return
	}
	inflated, err := gzip.NewReader(bytes.NewReader(scalar))
	if err != nil {
		http.Error(w, "The page's script cannot be read.", http.StatusInternalServerError)
		return
	}
	_, _ = io.Copy(w, inflated) // as above
}
