package webconsole

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

const (
	// tokenField is the form's field that has the token of this process.
	tokenField = "token"
	// keyField is the field of the address that has the key.
	keyField = "key"
)

// policy lets pages load what the console itself serves, and nothing else.
const policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// guard answers what must not reach a page: another site's requests, people without the key
// where there is one, forms without the token, and any form where people may only look.
func (s *Server) guard(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !namesThisMachine(r.Host):
			http.Error(w, "Open the console by an IP address or as localhost: under another name, a page elsewhere could read it.", http.StatusMisdirectedRequest)
		case !s.knows(r):
			h.Set("WWW-Authenticate", `Basic realm="Fluxa: any user, the API key as the password", charset="UTF-8"`)
			http.Error(w, "The console asks for the API key, as the password.", http.StatusUnauthorized)
		case s.cfg.Key != "" && r.URL.Query().Has(keyField):
			s.letIn(w, r)
		case s.cfg.Key != "" && !s.wasLetIn(r):
			http.Error(w, "Open the address that was printed when the console was started: it has a key.", http.StatusUnauthorized)
		case s.cfg.ReadOnly != "" && r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.Error(w, s.cfg.ReadOnly, http.StatusForbidden)
		case r.Method == http.MethodPost && !s.mayChange(sameOrigin, w, r):
			http.Error(w, "This form was not sent by a page of this console, or the stack was started again since. Go back, load the page again, and repeat it.", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// namesThisMachine reports whether a request's host cannot be a name that somebody else
// has pointed here (DNS rebinding).
func namesThisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func (s *Server) knows(r *http.Request) bool {
	if s.cfg.APIKey == "" {
		return true
	}
	_, password, _ := r.BasicAuth()
	return same(password, s.cfg.APIKey)
}

// letIn gives who brings the key a cookie with it, and leads to the address without it.
func (s *Server) letIn(w http.ResponseWriter, r *http.Request) {
	if !same(r.URL.Query().Get(keyField), s.cfg.Key) {
		http.Error(w, "This key is of another console, or of one that has ended: open the address that was printed last.", http.StatusUnauthorized)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookie(), Value: s.cfg.Key, Path: s.cfg.Path, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, s.cfg.Path, http.StatusSeeOther)
}

func (s *Server) wasLetIn(r *http.Request) bool {
	cookie, err := r.Cookie(s.cookie())
	return err == nil && same(cookie.Value, s.cfg.Key)
}

// cookie is a name of this process's own: browsers send the cookies of one port to the
// others of the same host (https://www.rfc-editor.org/rfc/rfc6265#section-8.5).
func (s *Server) cookie() string {
	sum := sha256.Sum256([]byte(s.cfg.Key))
	return "fluxa-console-" + hex.EncodeToString(sum[:4])
}

// mayChange reports whether a form comes from a page of this console: from the same
// origin, as the browser says, and with the token.
func (s *Server) mayChange(origin *http.CrossOriginProtection, w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, formLimit)
	return origin.Check(r) == nil && same(r.PostFormValue(tokenField), s.token)
}

// same compares hashes, so that the time taken says nothing about the secret.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
