package webconsole

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/fluxa/fluxa/cli/console"
)

//go:embed assets templates
var files embed.FS

// views are the pages and their parts, and the files that pages load, by name.
type views struct {
	pages  map[string]*template.Template
	assets map[string]file
}

type file struct {
	content []byte
	kind    string
	version string // of the content
}

func newViews(base string) (views, error) {
	v := views{pages: map[string]*template.Template{}, assets: map[string]file{}}
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	names, err := fs.Glob(files, "assets/*.*")
	if err != nil {
		return v, err
	}
	for _, name := range names {
		content, err := files.ReadFile(name)
		if err != nil {
			return v, err
		}
		sum := sha256.Sum256(content)
		v.assets[path.Base(name)] = file{content, kinds[path.Ext(name)], hex.EncodeToString(sum[:6])}
	}
	shared, err := template.New("").Funcs(v.functions(base)).ParseFS(files, "templates/layout.html", "templates/parts.html", "templates/picture.html")
	if err != nil {
		return v, fmt.Errorf("read the pages: %w", err)
	}
	for _, name := range []string{"overview", "events", "event", "dlq", "letter", "send", "maintenance", "sorry"} {
		page, err := shared.Clone()
		if err != nil {
			return v, err
		}
		if v.pages[name], err = page.ParseFS(files, "templates/"+name+".html"); err != nil {
			return v, fmt.Errorf("read the page %s: %w", name, err)
		}
	}
	return v, nil
}

func (v views) functions(base string) template.FuncMap {
	return template.FuncMap{
		"asset":  func(name string) string { return base + "/assets/" + name + "?v=" + v.assets[name].version },
		"link":   func(name string) string { return base + name },
		"number": func(n int64) string { return console.Number(n) },
		"ms":     func(v float64) string { return console.Duration(time.Duration(v * float64(time.Millisecond))) },
		"age":    console.Duration,
		"clock":  func(t time.Time) string { return t.Local().Format("15:04:05.000") },
		"stamp":  func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
		"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
		"pretty": pretty,
		"badge":  badge,
		"text":   func(raw json.RawMessage) string { return string(raw) },
		"part":   func(p page, body any) page { p.Body = body; return p },
	}
}

// pretty indents JSON, digit for digit. What is no JSON stays as it is.
func pretty(text string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(text), "", "  ") != nil {
		return text
	}
	return out.String()
}

// badge is the class that colours a state, a level or a status.
func badge(word string) string {
	switch strings.ToLower(word) {
	case "stored", "processed", "success":
		return "good"
	case "retried", "processing", "duplicate", "warn", "accepted":
		return "mild"
	case "refused", "in the dlq", "failed", "error":
		return "bad"
	}
	return ""
}

// page is what every page is made of.
type page struct {
	Title   string
	Section string // of the navigation
	Name    string
	Token   string
	Said    string // what an action did
	Address string // of this page, with its query
	Tick    tick
	Body    any

	Target, ReadOnly string
	Elsewhere        []Link
}

// show writes a page, or a part of one.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, name, part string, p page) {
	p.Name, p.Token, p.Said, p.Tick = s.cfg.Name, s.token, said[r.URL.Query().Get("said")], s.tick(0)
	p.Target, p.ReadOnly, p.Elsewhere = s.cfg.Target, s.cfg.ReadOnly, s.cfg.Elsewhere
	p.Address = s.cfg.Path + r.URL.RequestURI()
	var out bytes.Buffer
	if err := s.views.pages[name].ExecuteTemplate(&out, part, p); err != nil {
		s.cfg.Logger.Error("a page of the console cannot be made", "page", name, "error", err)
		http.Error(w, "This page cannot be made; the log of the stack says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the reader is gone if it fails
}

// said is what the page after an action says, by the word in its address.
var said = map[string]string{
	"redriven": "Sent back to the events queue.",
	"none":     "Nothing was sent back: the message is no longer there, or is in flight.",
	"edited":   "The edited event is back in the events queue.",
	"deleted":  "Deleted from the DLQ.",
	"gone":     "Nothing was deleted: the message is no longer there, or is in flight.",
	"sent":     "Sent. This page follows the event until it is stored.",
}

// sorry writes a page that says what went wrong.
func (s *Server) sorry(w http.ResponseWriter, r *http.Request, status int, section, what string) {
	s.show(w, r, status, "sorry", "page", page{Title: http.StatusText(status), Section: section, Body: what})
}

// asset serves a file. Its address has its version, so that browsers keep it.
func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	f, ok := s.views.assets[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.URL.Query().Get("v") == f.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Header().Set("Content-Type", f.kind)
	_, _ = w.Write(f.content) // the reader is gone if it fails
}
