package stack_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/fluxa/fluxa/emulator/endpoint"
	"github.com/fluxa/fluxa/local/stack"
	"github.com/fluxa/fluxa/pkg/contract"
)

// TestAudit_finds_each_event_that_was_tampered_with changes rows and objects behind the
// product's back.
func TestAudit_finds_each_event_that_was_tampered_with(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	for i := range 5 {
		for name, metadata := range map[string]string{"small": `{"k":1}`, "large": `{"k":"` + strings.Repeat("x", contract.InlineLimit) + `"}`} {
			if a := p.post(eventWith(fmt.Sprint(name, i), "1", "m", metadata)); a.status != http.StatusAccepted {
				t.Fatal(a)
			}
		}
	}
	eventually(t, func() string {
		if n := p.number(`SELECT count(*) FROM events`); n != 10 {
			return fmt.Sprintf("%d rows", n)
		}
		return ""
	})
	// An audit, too, wants events of which it is sure that no more are added.
	p.exec(`UPDATE events SET created_at = created_at - interval '2 minutes'`)
	if report, _ := p.operate("audit", `{"from":"2026-01-01T00:00:00Z","parts":1,"part":1}`); report["read"] != 10.0 || report["objects"] != 5.0 || report["differing"] != 0.0 {
		t.Errorf("of what was stored: %v", report)
	}

	p.exec(`UPDATE events SET payload = payload || ' ' WHERE event_id = 'small1'`)
	bucket := s3.New(s3.Options{
		Region: stack.Region, BaseEndpoint: aws.String(p.Info().AWSEndpoint), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("x", "x", ""),
	})
	listed, err := bucket.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(stack.Bucket)})
	if err != nil || len(listed.Contents) != 5 {
		t.Fatalf("%d objects, %v", len(listed.Contents), err)
	}
	forbidden := ""
	for _, object := range listed.Contents {
		switch key := aws.ToString(object.Key); {
		case strings.Contains(key, "/large1/"):
			if _, err := bucket.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(stack.Bucket), Key: object.Key}); err != nil {
				t.Fatal(err)
			}
		case strings.Contains(key, "/large2/"):
			if _, err := bucket.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(stack.Bucket), Key: object.Key, Body: strings.NewReader("{}")}); err != nil {
				t.Fatal(err)
			}
		case strings.Contains(key, "/large3/"):
			forbidden = key
		}
	}
	p.Endpoint().Intercept(endpoint.S3, func(w http.ResponseWriter, r *http.Request, s3 http.Handler) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, forbidden) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, "<Error><Code>AccessDenied</Code></Error>")
			return
		}
		s3.ServeHTTP(w, r)
	})
	report, _ := p.operate("audit", `{"from":"2026-01-01T00:00:00Z","parts":1,"part":1}`)
	var got []string
	findings, _ := report["findings"].([]any)
	for _, f := range findings {
		finding := f.(map[string]any)
		got = append(got, fmt.Sprint(finding["event_id"], " ", finding["what"]))
	}
	slices.Sort(got)
	want := []string{"large1 object_missing", "large2 object_differs", "large3 object_forbidden", "small1 payload_differs"}
	if !slices.Equal(got, want) || report["differing"] != 4.0 {
		t.Errorf("got %q of %v, want %q", got, report["differing"], want)
	}
}

// exec changes the database as nobody of the product does.
func (p *product) exec(statement string) {
	p.t.Helper()
	if _, err := p.database().Exec(p.t.Context(), statement); err != nil {
		p.t.Fatal(err)
	}
}
