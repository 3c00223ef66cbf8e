package schemaprovider

import (
	"testing"
)

func TestPolicy_document_is_rendered_as_the_provider_does(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ config, want string }{
		"no statement": {`{}`, `{"Version":"2012-10-17"}`},
		"one value is a text": {
			`{"statement":[{"actions":["s3:GetObject"],"resources":["*"]}]}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`},
		"several are a list from the last to the first": {
			`{"statement":[{"actions":["s3:A","s3:C","s3:B"],"resources":["a","c","b"]}]}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:C","s3:B","s3:A"],"Resource":["c","b","a"]}]}`},
		"everything, in its order": {
			`{"policy_id":"P","version":"2008-10-17","statement":[{"sid":"S","effect":"Deny","not_actions":["a:B"],"not_resources":["r"],
			  "not_principals":[{"type":"AWS","identifiers":["1"]}],
			  "condition":[{"test":"Bool","variable":"aws:SecureTransport","values":["false"]}]}]}`,
			`{"Version":"2008-10-17","Id":"P","Statement":[{"Sid":"S","Effect":"Deny","NotAction":"a:B","NotResource":"r","NotPrincipal":{"AWS":"1"},"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`},
		"several statements keep their order": {
			`{"statement":[{"sid":"B","actions":["b:B"],"resources":["*"]},{"sid":"A","actions":["a:A"],"resources":["*"]}]}`,
			`{"Version":"2012-10-17","Statement":[{"Sid":"B","Effect":"Allow","Action":"b:B","Resource":"*"},{"Sid":"A","Effect":"Allow","Action":"a:A","Resource":"*"}]}`},
		"principals of two types": {
			`{"statement":[{"principals":[{"type":"Service","identifiers":["a.amazonaws.com","b.amazonaws.com"]},{"type":"AWS","identifiers":["1"]}]}]}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"1","Service":["b.amazonaws.com","a.amazonaws.com"]}}]}`},
		"principals of one type in two blocks": {
			`{"statement":[{"principals":[{"type":"AWS","identifiers":["2"]},{"type":"AWS","identifiers":["1","3"]}]}]}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["2","3","1"]}}]}`},
		"anyone": {
			`{"statement":[{"principals":[{"type":"*","identifiers":["*"]}]}]}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*"}]}`},
		"any account, which is written otherwise": {
			`{"statement":[{"principals":[{"type":"AWS","identifiers":["*"]}]}]}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"}}]}`},
		"the values of a condition keep their order": {
			`{"statement":[{"condition":[{"test":"StringLike","variable":"v","values":["b","a","c"]},{"test":"StringLike","variable":"u","values":["x"]},{"test":"Bool","variable":"v","values":["true"]}]}]}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Condition":{"Bool":{"v":"true"},"StringLike":{"u":"x","v":["b","a","c"]}}}]}`},
		"variables of IAM, but none in an action": {
			`{"statement":[{"actions":["&{a}"],"resources":["&{aws:username}/*"],"principals":[{"type":"AWS","identifiers":["&{b}"]}],"condition":[{"test":"StringLike","variable":"v","values":["&{aws:userid}"]}]}]}`,
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"\u0026{a}","Resource":"${aws:username}/*","Principal":{"AWS":"${b}"},"Condition":{"StringLike":{"v":"${aws:userid}"}}}]}`},
		"source documents come first and give way": {
			`{"source_policy_documents":["{\"Version\":\"2008-10-17\",\"Id\":\"I\",\"Statement\":[{\"Sid\":\"A\",\"Effect\":\"Deny\",\"Action\":[\"x:X\"],\"Resource\":\"*\"},{\"Effect\":\"Allow\",\"Action\":\"y:Y\",\"Resource\":\"*\"}]}"],
			  "statement":[{"sid":"A","actions":["a:A"],"resources":["*"]}]}`,
			`{"Version":"2012-10-17","Id":"I","Statement":[{"Sid":"A","Effect":"Allow","Action":"a:A","Resource":"*"},{"Effect":"Allow","Action":"y:Y","Resource":"*"}]}`},
		"override documents come last and win": {
			`{"override_policy_documents":["{\"Statement\":[{\"Sid\":\"A\",\"Effect\":\"Deny\",\"Action\":\"x:X\",\"Resource\":\"*\"}]}"],
			  "statement":[{"sid":"A","actions":["a:A"],"resources":["*"]}]}`,
			`{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Deny","Action":"x:X","Resource":"*"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, diagnostics := readData(t, started(t, Unknown), "aws_iam_policy_document", test.config)
			fine(t, diagnostics, nil)
			if got["minified_json"] != test.want {
				t.Errorf("got  %s\nwant %s", got["minified_json"], test.want)
			}
		})
	}
}

func TestPolicy_document_is_indented_by_two(t *testing.T) {
	t.Parallel()
	got, diagnostics := readData(t, started(t, Unknown), "aws_iam_policy_document", `{"statement":[{"actions":["a:B"]}]}`)
	fine(t, diagnostics, nil)
	want := "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": \"a:B\"\n    }\n  ]\n}"
	if got["json"] != want {
		t.Errorf("got %s, want %s", got["json"], want)
	}
}

func TestPolicy_document_says_what_it_cannot_render(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ config, want string }{
		"a sid twice": {
			`{"statement":[{"sid":"A"},{"sid":"B"},{"sid":"A"}]}`,
			`two statements of the configuration have the sid "A": it must be unique`},
		"a sid in two source documents": {
			`{"source_policy_documents":["{\"Statement\":[{\"Sid\":\"A\"}]}","{\"Statement\":[{\"Sid\":\"A\"}]}"]}`,
			`two statements of the source documents have the sid "A": it must be unique`},
		"a source document of another form": {
			`{"source_policy_documents":["{\"Statement\":\"all\"}"]}`,
			`read a source document: json: cannot unmarshal string into Go struct field document.Statement of type []schemaprovider.statement`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diagnostics := readData(t, started(t, Unknown), "aws_iam_policy_document", test.config)
			if len(diagnostics) != 1 || diagnostics[0].Detail != test.want {
				t.Fatalf("got %v, want %s", diagnostics, test.want)
			}
		})
	}
}
