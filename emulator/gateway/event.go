package gateway

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fluxa/fluxa/emulator/internal/wire"
)

// proxyEvent is the event of a Lambda proxy integration as AWS sends it, with null where
// there is nothing.
type proxyEvent struct {
	Resource                        string              `json:"resource"`
	Path                            string              `json:"path"`
	HTTPMethod                      string              `json:"httpMethod"`
	Headers                         map[string]string   `json:"headers"`
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters                  map[string]string   `json:"pathParameters"`
	StageVariables                  map[string]string   `json:"stageVariables"`
	RequestContext                  requestContext      `json:"requestContext"`
	Body                            *string             `json:"body"`
	IsBase64Encoded                 bool                `json:"isBase64Encoded"`
}

type requestContext struct {
	ResourceID        string   `json:"resourceId"`
	ResourcePath      string   `json:"resourcePath"`
	HTTPMethod        string   `json:"httpMethod"`
	ExtendedRequestID string   `json:"extendedRequestId"`
	RequestTime       string   `json:"requestTime"`
	Path              string   `json:"path"`
	AccountID         string   `json:"accountId"`
	Protocol          string   `json:"protocol"`
	Stage             string   `json:"stage"`
	DomainPrefix      string   `json:"domainPrefix"`
	RequestTimeEpoch  int64    `json:"requestTimeEpoch"`
	RequestID         string   `json:"requestId"`
	Identity          identity `json:"identity"`
	DomainName        string   `json:"domainName"`
	APIID             string   `json:"apiId"`
}

// identity has the members of an IAM or Cognito caller too, which are null here.
type identity struct {
	CognitoIdentityPoolID         *string `json:"cognitoIdentityPoolId"`
	AccountID                     *string `json:"accountId"`
	CognitoIdentityID             *string `json:"cognitoIdentityId"`
	Caller                        *string `json:"caller"`
	SourceIP                      string  `json:"sourceIp"`
	PrincipalOrgID                *string `json:"principalOrgId"`
	AccessKey                     *string `json:"accessKey"`
	CognitoAuthenticationType     *string `json:"cognitoAuthenticationType"`
	CognitoAuthenticationProvider *string `json:"cognitoAuthenticationProvider"`
	UserARN                       *string `json:"userArn"`
	UserAgent                     *string `json:"userAgent"`
	User                          *string `json:"user"`
	APIKey                        string  `json:"apiKey,omitempty"`
	APIKeyID                      string  `json:"apiKeyId,omitempty"`
}

// event encodes the request for the function. The error is the caller's: a path or a
// query that is no text.
func (x *exchange) event(rs *resource, body []byte) ([]byte, error) {
	r := x.request
	if !utf8.ValidString(r.URL.Path) {
		return nil, errors.New("the path is not UTF-8 when its percent-encoding is undone")
	}
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	headers := x.headers()
	event := proxyEvent{
		Resource:                        rs.path,
		Path:                            r.URL.Path,
		HTTPMethod:                      r.Method,
		Headers:                         lastValues(headers),
		MultiValueHeaders:               headers,
		QueryStringParameters:           lastValues(query),
		MultiValueQueryStringParameters: query,
		PathParameters:                  rs.parametersOf(r),
		RequestContext:                  x.requestContext(rs),
	}
	if len(body) > 0 {
		text := string(body)
		if !utf8.Valid(body) {
			event.IsBase64Encoded = true
			text = base64.StdEncoding.EncodeToString(body)
		}
		event.Body = &text
	}
	encoded, err := wire.JSON(event)
	if err != nil {
		return nil, fmt.Errorf("encoding the event: %w", err)
	}
	return encoded, nil
}

func (x *exchange) requestContext(rs *resource) requestContext {
	r, cfg := x.request, x.gateway.cfg
	host, _ := splitHost(r.Host)
	prefix, _, _ := strings.Cut(host, ".")
	resourceID := sha256.Sum256([]byte(rs.path))
	caller := identity{SourceIP: sourceIP(r)}
	if agent := r.UserAgent(); agent != "" {
		caller.UserAgent = &agent
	}
	if x.key != nil {
		caller.APIKey, caller.APIKeyID = x.key.Value, x.key.ID
	}
	return requestContext{
		ResourceID:        hex.EncodeToString(resourceID[:3]),
		ResourcePath:      rs.path,
		HTTPMethod:        r.Method,
		ExtendedRequestID: extendedRequestID(),
		RequestTime:       x.begun.UTC().Format("02/Jan/2006:15:04:05 -0700"),
		Path:              "/" + cfg.Stage + r.URL.Path,
		AccountID:         cfg.AccountID,
		Protocol:          r.Proto,
		Stage:             cfg.Stage,
		DomainPrefix:      prefix,
		RequestTimeEpoch:  x.begun.UnixMilli(),
		RequestID:         x.requestID,
		Identity:          caller,
		DomainName:        host,
		APIID:             "local",
	}
}

// headers are the request's, without those that concern the connection only, and with
// those that API Gateway adds.
func (x *exchange) headers() map[string][]string {
	r := x.request
	headers := r.Header.Clone()
	for listed := range strings.SplitSeq(strings.Join(headers["Connection"], ","), ",") {
		headers.Del(strings.TrimSpace(listed))
	}
	for _, name := range []string{
		"Connection", "Content-Length", "Expect", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade",
	} {
		headers.Del(name)
	}
	proto, port := "http", "80"
	if r.TLS != nil {
		proto, port = "https", "443"
	}
	if _, p := splitHost(r.Host); p != "" {
		port = p
	}
	forwarded := append(headers.Values("X-Forwarded-For"), sourceIP(r))
	headers.Set("Host", r.Host)
	headers.Set("X-Forwarded-For", strings.Join(forwarded, ", "))
	headers.Set("X-Forwarded-Proto", proto)
	headers.Set("X-Forwarded-Port", port)
	headers.Set(headerTraceID, x.traceID)
	return headers
}

// parametersOf returns nil, which is null in the event, for a path without parameters.
func (rs *resource) parametersOf(r *http.Request) map[string]string {
	if len(rs.parameters) == 0 {
		return nil
	}
	values := make(map[string]string, len(rs.parameters))
	for _, name := range rs.parameters {
		values[name] = r.PathValue(name)
	}
	return values
}

// parseQuery returns nil, which is null in the event, for a query without parameters.
// Unlike url.ParseQuery it takes a semicolon for the character that it is.
func parseQuery(raw string) (map[string][]string, error) {
	var query map[string][]string
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(part, "=")
		name, nameErr := url.QueryUnescape(rawName)
		value, valueErr := url.QueryUnescape(rawValue)
		if nameErr != nil || valueErr != nil {
			return nil, errors.New("the query string has an invalid percent-encoding")
		}
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return nil, errors.New("the query string is not UTF-8 when its percent-encoding is undone")
		}
		if query == nil {
			query = map[string][]string{}
		}
		query[name] = append(query[name], value)
	}
	return query, nil
}

func lastValues(multi map[string][]string) map[string]string {
	if multi == nil {
		return nil
	}
	single := make(map[string]string, len(multi))
	for name, values := range multi {
		single[name] = values[len(values)-1]
	}
	return single
}

func sourceIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func splitHost(hostport string) (host, port string) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return hostport, ""
	}
	return host, port
}

func traceID(r *http.Request, now time.Time) string {
	if given := r.Header.Get(headerTraceID); strings.Contains(given, "Root=") {
		return given
	}
	return wire.TraceRoot(now)
}

func extendedRequestID() string {
	b := make([]byte, 11)
	rand.Read(b) // never returns an error: the process ends if the system has no randomness
	return base64.StdEncoding.EncodeToString(b)
}
