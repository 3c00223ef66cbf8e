package gateway

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func TestResponses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer string
		status int
		header http.Header
		body   string
	}{
		"a_status_only":       {`{"statusCode":204}`, 204, http.Header{"Content-Type": {"application/json"}}, ""},
		"a_body":              {`{"statusCode":201,"body":"{\"ä\":1}"}`, 201, http.Header{"Content-Type": {"application/json"}}, `{"ä":1}`},
		"a_null_body":         {`{"statusCode":200,"headers":null,"multiValueHeaders":null,"body":null,"isBase64Encoded":null}`, 200, http.Header{"Content-Type": {"application/json"}}, ""},
		"a_status_as_text":    {`{"statusCode":"404"}`, 404, nil, ""},
		"a_content_type":      {`{"statusCode":422,"headers":{"content-type":"application/problem+json"},"body":"{}"}`, 422, http.Header{"Content-Type": {"application/problem+json"}}, "{}"},
		"scalar_headers":      {`{"statusCode":200,"headers":{"X-Count":3,"X-Ok":true,"X-Ratio":1.50}}`, 200, http.Header{"X-Count": {"3"}, "X-Ok": {"true"}, "X-Ratio": {"1.50"}}, ""},
		"many_values":         {`{"statusCode":200,"multiValueHeaders":{"Set-Cookie":["a=1","b=2"]}}`, 200, http.Header{"Set-Cookie": {"a=1", "b=2"}}, ""},
		"merged_headers":      {`{"statusCode":200,"headers":{"x-a":"3"},"multiValueHeaders":{"X-A":["1","2"]}}`, 200, http.Header{"X-A": {"1", "2", "3"}}, ""},
		"a_value_in_both":     {`{"statusCode":200,"headers":{"X-A":"1"},"multiValueHeaders":{"X-A":["1","2"]}}`, 200, http.Header{"X-A": {"1", "2"}}, ""},
		"base64":              {`{"statusCode":200,"body":"AAH/","isBase64Encoded":true}`, 200, nil, "\x00\x01\xff"},
		"connection_headers":  {`{"statusCode":200,"headers":{"Content-Length":"99","Transfer-Encoding":"chunked","Connection":"close"},"body":"{}"}`, 200, http.Header{"Content-Length": {"2"}, "Connection": nil, "Transfer-Encoding": nil}, "{}"},
		"its_correlation_id":  {`{"statusCode":200,"headers":{"X-Correlation-ID":"c-9"}}`, 200, http.Header{"X-Correlation-Id": {"c-9"}}, ""},
		"further_members":     {`{"statusCode":200,"cookies":[],"extra":{}}`, 200, nil, ""},
		"an_error_of_its_own": {`{"statusCode":500,"body":"{}"}`, 500, nil, "{}"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := api(t, &fakeFunction{reply: answering(test.answer)}, nil)
			got := do(t, "GET", server.URL+"/events", "")
			if got.status != test.status || got.body != test.body {
				t.Errorf("%d %q, want %d %q", got.status, got.body, test.status, test.body)
			}
			for name, want := range test.header {
				if values := got.header.Values(name); !reflect.DeepEqual(values, want) && len(values)+len(want) > 0 {
					t.Errorf("%s: %q, want %q", name, values, want)
				}
			}
			if len(got.header.Get("X-Amzn-RequestId")) != 36 || !strings.HasPrefix(got.header.Get("X-Amzn-Trace-Id"), "Root=1-") {
				t.Errorf("header %v", got.header)
			}
		})
	}
	t.Run("what_aws-lambda-go_encodes", func(t *testing.T) {
		t.Parallel()
		answer, err := json.Marshal(events.APIGatewayProxyResponse{StatusCode: 207, Body: "x", Headers: map[string]string{"A": "1"}})
		if err != nil {
			t.Fatal(err)
		}
		response, err := parseResponse(answer)
		if err != nil || response.status != 207 || string(response.body) != "x" || response.header.Get("A") != "1" {
			t.Errorf("%+v, %v", response, err)
		}
	})
}

func TestMalformedResponses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ answer, want string }{
		"nothing":                   {``, "unexpected end of JSON input"},
		"null":                      {`null`, `statusCode must be 200 to 599, got ""`},
		"a_string":                  {`"ok"`, "cannot unmarshal string"},
		"a_list":                    {`[]`, "cannot unmarshal array"},
		"no_status":                 {`{"body":"x"}`, `got ""`},
		"a_null_status":             {`{"statusCode":null}`, `got ""`},
		"another_case":              {`{"StatusCode":200}`, `got ""`},
		"a_status_of_text":          {`{"statusCode":"fine"}`, "statusCode: "},
		"a_fractional_status":       {`{"statusCode":200.5}`, `got "200.5"`},
		"a_low_status":              {`{"statusCode":199}`, `got "199"`},
		"a_high_status":             {`{"statusCode":600}`, `got "600"`},
		"an_object_as_the_body":     {`{"statusCode":200,"body":{"a":1}}`, "body: "},
		"no_base64":                 {`{"statusCode":200,"body":"%","isBase64Encoded":true}`, "body is not base64"},
		"a_flag_of_text":            {`{"statusCode":200,"isBase64Encoded":"true"}`, "isBase64Encoded: "},
		"a_list_as_a_header":        {`{"statusCode":200,"headers":{"A":["1"]}}`, "a header must be a string, a number or a boolean"},
		"an_object_as_a_header":     {`{"statusCode":200,"headers":{"A":{}}}`, "a header must be"},
		"a_null_header":             {`{"statusCode":200,"headers":{"A":null}}`, "a header must be"},
		"a_line_break_in_a_header":  {`{"statusCode":200,"headers":{"A":"1\r\nB: 2"}}`, "the header A has a line break"},
		"a_line_break_in_a_value":   {`{"statusCode":200,"multiValueHeaders":{"A":["1","\n"]}}`, "the header A has a line break"},
		"a_space_in_a_header_name":  {`{"statusCode":200,"headers":{"A B":"1"}}`, `"A B" is no header name`},
		"an_empty_header_name":      {`{"statusCode":200,"multiValueHeaders":{"":["1"]}}`, `"" is no header name`},
		"a_colon_in_a_header_name":  {`{"statusCode":200,"headers":{"A:":"1"}}`, `"A:" is no header name`},
		"a_letter_outside_of_ASCII": {`{"statusCode":200,"headers":{"Ä":"1"}}`, `"Ä" is no header name`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if response, err := parseResponse([]byte(test.answer)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %+v, %v, want %q", response, err, test.want)
			}
		})
	}
}
