package sts_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/emulator/sts"
)

func TestServer_says_who_the_caller_is_and_refuses_the_rest(t *testing.T) {
	t.Parallel()
	server, err := sts.New("000000000000")
	if err != nil {
		t.Fatal(err)
	}
	for form, want := range map[string]struct {
		status int
		text   string
	}{
		"Action=GetCallerIdentity&Version=2011-06-15": {200, "<Arn>arn:aws:iam::000000000000:root</Arn><UserId>000000000000</UserId><Account>000000000000</Account>"},
		"Action=AssumeRole":                           {400, "<Code>InvalidAction</Code><Message>this emulator has no action &#34;AssumeRole&#34; of STS, only GetCallerIdentity</Message>"},
		"%zz":                                         {400, "<Code>MalformedQueryString</Code>"},
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(form))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, request)
		if answer.Code != want.status || !strings.Contains(answer.Body.String(), want.text) {
			t.Errorf("%s: %d %s", form, answer.Code, answer.Body)
		}
	}
}

func TestNew_refuses_what_is_no_account(t *testing.T) {
	t.Parallel()
	if _, err := sts.New("12"); err == nil || err.Error() != `sts: the account is "12", want 12 digits` {
		t.Errorf("%v", err)
	}
}
