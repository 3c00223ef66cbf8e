package rdsiam_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/fluxa/fluxa/pkg/fault"
	"github.com/fluxa/fluxa/pkg/pgstore"
	"github.com/fluxa/fluxa/pkg/rdsiam"
)

var _ pgstore.Credentials = (*rdsiam.Credentials)(nil)

func config() rdsiam.Config {
	return rdsiam.Config{
		Host: "fluxa.abc.eu-west-1.rds.amazonaws.com", Port: 6543, User: "fluxa_query", Region: "eu-west-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "hunter2", "session"),
	}
}

func TestGet_signs_a_token_for_the_address_and_the_user(t *testing.T) {
	t.Parallel()
	c, err := rdsiam.New(config())
	if err != nil {
		t.Fatal(err)
	}
	user, token, err := c.Get(t.Context())
	if err != nil || user != "fluxa_query" {
		t.Fatalf("user %q, error %v", user, err)
	}
	if strings.Contains(token, "hunter2") || strings.Contains(token, "://") {
		t.Errorf("token %s", token)
	}
	signed, err := url.Parse("https://" + token)
	if err != nil {
		t.Fatal(err)
	}
	query := signed.Query()
	got := []string{signed.Host, query.Get("Action"), query.Get("DBUser"), query.Get("X-Amz-Expires"), query.Get("X-Amz-Security-Token")}
	if want := "fluxa.abc.eu-west-1.rds.amazonaws.com:6543 connect fluxa_query 900 session"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
	if credential := query.Get("X-Amz-Credential"); !strings.HasPrefix(credential, "AKID/") || !strings.HasSuffix(credential, "/eu-west-1/rds-db/aws4_request") {
		t.Errorf("signed as %s", credential)
	}
}

func TestGet_without_credentials_is_transient(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("none")
	})
	c, err := rdsiam.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Get(t.Context()); fault.CodeOf(err) != fault.DatabaseUnavailable || !strings.Contains(err.Error(), "none") {
		t.Errorf("error %v", err)
	}
}

func TestNew_names_the_missing_field(t *testing.T) {
	t.Parallel()
	for field, omit := range map[string]func(*rdsiam.Config){
		"Host": func(c *rdsiam.Config) { c.Host = "" }, "Port": func(c *rdsiam.Config) { c.Port = 0 }, "User": func(c *rdsiam.Config) { c.User = "" },
		"Region": func(c *rdsiam.Config) { c.Region = "" }, "Credentials": func(c *rdsiam.Config) { c.Credentials = nil },
	} {
		cfg := config()
		omit(&cfg)
		if _, err := rdsiam.New(cfg); err == nil || err.Error() != "rdsiam: "+field+" is required" {
			t.Errorf("%s: error %v", field, err)
		}
	}
}
