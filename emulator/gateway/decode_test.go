package gateway

import (
	"net/http"
	"net/url"
	"testing"
)

// An answer is what a function wrote before it was killed, perhaps.
func FuzzParseResponse(f *testing.F) {
	f.Add([]byte(`{"statusCode":202,"headers":{"A":"b"},"multiValueHeaders":{"C":["d",1,true]},"body":"e30=","isBase64Encoded":true}`))
	f.Add([]byte(`{"statusCode":"200","headers":{"a\r\nb":"c\n"}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		response, err := parseResponse(answer)
		if err != nil {
			return
		}
		if response.status < 200 || response.status > 599 {
			t.Errorf("%q has the status %d", answer, response.status)
		}
		for name, values := range response.header {
			if http.CanonicalHeaderKey(name) != name {
				t.Errorf("%q has the header %q: %q", answer, name, values)
			}
		}
	})
}

func FuzzParseQuery(f *testing.F) {
	f.Add("user_id=a&user_id=b&limit=&=x&%41=%2B+")
	f.Add("%zz")
	f.Add("a;b=c")
	f.Fuzz(func(t *testing.T, raw string) {
		query, err := parseQuery(raw)
		if err != nil {
			return
		}
		again, err := parseQuery(url.Values(query).Encode())
		if err != nil || len(again) != len(query) {
			t.Errorf("%q is %q, which comes back as %q, %v", raw, query, again, err)
		}
	})
}
