package endpoint_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/emulator/endpoint"
)

// A request goes to the service that it is signed for; one for a service that is not there
// is refused in that service's protocol, with the names of those that are.
func TestSignedRequestsGoToTheServiceOfTheirScope(t *testing.T) {
	t.Parallel()
	named := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "it is "+name) })
	}
	all, err := endpoint.New(endpoint.Config{SQS: named("SQS"), SNS: named("SNS"), S3: named("S3"), Lambda: named("Lambda"), STS: named("STS")})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(all)
	t.Cleanup(server.Close)
	const refused = "this endpoint has no service %, only SQS, SNS, S3, Lambda, STS"
	for name, c := range map[string]struct {
		method, path, service, contentType, target, body string
		status                                           int
		want                                             string
	}{
		"identity":       {"POST", "/", "sts", "application/x-www-form-urlencoded; charset=utf-8", "", "Action=GetCallerIdentity", 200, "it is STS"},
		"functions":      {"GET", "/2015-03-31/functions", "lambda", "", "", "", 200, "it is Lambda"},
		"mappings":       {"GET", "/2015-03-31/event-source-mappings/", "lambda", "", "", "", 200, "it is Lambda"},
		"layers":         {"GET", "/2018-10-31/layers", "lambda", "", "", "", 200, "it is Lambda"},
		"publication":    {"POST", "/", "sns", "application/x-www-form-urlencoded", "", "Action=Publish", 200, "it is SNS"},
		"message":        {"POST", "/", "sqs", "application/x-amz-json-1.0", "AmazonSQS.SendMessage", "{}", 200, "it is SQS"},
		"object":         {"GET", "/bucket/key", "s3", "", "", "", 200, "it is S3"},
		"signed address": {"GET", "/bucket/key?X-Amz-Credential=x%2F20260101%2Fus-east-1%2Fs3%2Faws4_request", "", "", "", "", 200, "it is S3"},
		"query protocol": {"POST", "/", "cloudformation", "application/x-www-form-urlencoded", "", "Action=DescribeStacks", 400, "<Message>" + strings.Replace(refused, "%", "cloudformation", 1)},
		"JSON protocol":  {"POST", "/", "dynamodb", "application/x-amz-json-1.0", "DynamoDB_20120810.ListTables", "{}", 400, `"message":"` + strings.Replace(refused, "%", "dynamodb", 1)},
		"REST, JSON":     {"GET", "/restapis", "apigateway", "", "", "", 400, `{"message":"` + strings.Replace(refused, "%", "apigateway", 1)},
		"REST, XML":      {"GET", "/2013-04-01/hostedzone", "route53", "", "", "", 400, "<Message>" + strings.Replace(refused, "%", "route53", 1)},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			request, err := http.NewRequestWithContext(testContext(t), c.method, server.URL+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			for header, value := range map[string]string{"Content-Type": c.contentType, "X-Amz-Target": c.target} {
				if value != "" {
					request.Header.Set(header, value)
				}
			}
			if c.service != "" {
				request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/"+c.service+"/aws4_request, SignedHeaders=host, Signature=00")
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			if err := errors.Join(err, response.Body.Close()); err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != c.status || !strings.Contains(string(body), c.want) {
				t.Errorf("%d %s, want %d with %s", response.StatusCode, body, c.status, c.want)
			}
			if name := response.Header.Get("X-Amzn-Errortype"); (name != "") != strings.HasPrefix(c.want, "{") {
				t.Errorf("the header that names the error is %q", name)
			}
		})
	}
}
