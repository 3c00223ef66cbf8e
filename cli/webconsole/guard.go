package webconsole

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// tokenField is the form's field that has the token of this process.
const tokenField = "token"

// policy lets pages load what the console itself serves, and nothing else.
const policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// guard answers what must not reach a page: another site's requests, forms without the
// token, and people without the key where the stack has one.
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
