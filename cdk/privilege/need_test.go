package privilege_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/go/packages"

	"github.com/fluxa/fluxa/cdk/privilege"
	"github.com/fluxa/fluxa/pkg/config"
)

func TestNeeds(t *testing.T) {
	t.Parallel()
	f := privilege.Function{Name: "processor", Traced: true}
	got, err := privilege.Needs(f, privilege.Reach{
		Calls:     []privilege.Call{{Operation: "s3.GetObject", Position: "b.go:1"}, {Operation: "sqs.SendMessage", Position: "q.go:2"}, {Operation: "sqs.SendMessageBatch", Position: "q.go:3"}},
		Functions: []string{"pkg/sqsqueue.NewDeadLetters", "pkg/sqsqueue.NewPostponer", "pkg/sqsqueue.NewSender"},
	})
	if err != nil {
		t.Fatal(err)
	}
	get, both := []privilege.Call{{Operation: "s3.GetObject", Position: "b.go:1"}}, []privilege.Call{
		{Operation: "sqs.SendMessage", Position: "q.go:2"}, {Operation: "sqs.SendMessageBatch", Position: "q.go:3"},
	}
	want := []privilege.Need{
		{Action: "s3:GetObject", Kind: privilege.PayloadObjects, Calls: get},
		{Action: "s3:ListBucket", Kind: privilege.PayloadBucket, Calls: get},
		{Action: "sqs:SendMessage", Kind: privilege.EventsQueue, Calls: both},
		{Action: "sqs:SendMessage", Kind: privilege.DeadLetterQueue, Calls: both},
		{Action: "logs:CreateLogStream", Kind: privilege.OwnLogGroup, Lambda: "writes the function's log"},
		{Action: "logs:PutLogEvents", Kind: privilege.OwnLogGroup, Lambda: "writes the function's log"},
		{Action: "xray:PutTraceSegments", Kind: privilege.Any, Lambda: "traces the function"},
		{Action: "xray:PutTelemetryRecords", Kind: privilege.Any, Lambda: "traces the function"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("needs (-want +got):\n%s", diff)
	}
}

func TestNeeds_refuses_a_call_that_it_does_not_know(t *testing.T) {
	t.Parallel()
	for want, reach := range map[string]privilege.Reach{
		"ingest calls sqs.PurgeQueue (q.go:7), and the table of operations does not say which actions that takes": {
			Calls: []privilege.Call{{Operation: "s3.PutObject", Position: "b.go:1"}, {Operation: "sqs.PurgeQueue", Position: "q.go:7"}},
		},
		"ingest calls sqs.SendMessage (q.go:2), and reaches none of pkg/sqsqueue.NewSender, pkg/sqsqueue.NewDeadLetters, which say for which queue": {
			Calls: []privilege.Call{{Operation: "sqs.SendMessage", Position: "q.go:2"}}, Functions: []string{"pkg/sqsqueue.NewPostponer"},
		},
	} {
		if _, err := privilege.Needs(privilege.Function{Name: "ingest"}, reach); err == nil || err.Error() != want {
			t.Errorf("error %v\nwant %s", err, want)
		}
	}
}

// TestTables_have_what_the_functions_use_and_nothing_else keeps the data from
// outliving the code that it is about.
func TestTables_have_what_the_functions_use_and_nothing_else(t *testing.T) {
	t.Parallel()
	var operations, functions []string
	for _, reach := range reached(t) {
		operations = append(operations, reach.Operations()...)
		functions = append(functions, reach.Functions...)
	}
	slices.Sort(operations)
	if got, want := slices.Sorted(slices.Values(privilege.Operations())), slices.Compact(operations); !slices.Equal(got, want) {
		t.Errorf("the table has %q, the functions call %q", got, want)
	}
	for _, constructor := range privilege.Constructors() {
		if !slices.Contains(functions, constructor) {
			t.Errorf("no function reaches %s", constructor)
		}
	}
	known := slices.Concat(config.Variables[config.Ingest](), config.Variables[config.Processor](), config.Variables[config.Migrate](), config.Variables[config.Verify]())
	for _, variable := range privilege.Variables() {
		if !slices.ContainsFunc(known, func(v config.Variable) bool { return v.Name == variable }) {
			t.Errorf("no function reads %s", variable)
		}
	}
}

func TestUnseen_are_packages_that_may_call_AWS_out_of_sight(t *testing.T) {
	t.Parallel()
	const own, sdk = "github.com/fluxa/fluxa/pkg/s3blob", "github.com/aws/aws-sdk-go-v2/"
	for _, c := range []struct {
		from, to string
		refused  bool
	}{
		{own, sdk + "service/s3", false},
		{own, sdk + "service/s3/types", false},
		{own, sdk + "aws/retry", false},
		{own, sdk + "credentials", false},
		{own, sdk + "config", true},
		{own, sdk + "aws/signer/v4", true},
		{own, sdk + "credentials/stscreds", true},
		{own, sdk + "feature/rds/auth", true},
		{"github.com/fluxa/fluxa/pkg/rdsiam", sdk + "feature/rds/auth", false},
		{"github.com/fluxa/fluxa/pkg/rdsiam", sdk + "aws/signer/v4", true},
		{own, "github.com/aws/aws-sdk-go/service/s3", true},
		{"example.org/uploader", sdk + "service/s3", true},
		{"example.org/uploader", "github.com/aws/aws-sdk-go/aws", true},
		{"example.org/uploader", sdk + "aws", false},
		{sdk + "credentials", sdk + "service/sts", false},
	} {
		to := &packages.Package{PkgPath: c.to}
		from := &packages.Package{PkgPath: c.from, Imports: map[string]*packages.Package{c.to: to}}
		main := &packages.Package{PkgPath: "github.com/fluxa/fluxa/functions/ingest", Imports: map[string]*packages.Package{c.from: from}}
		err := privilege.Unseen(main)
		if (err != nil) != c.refused || c.refused && !strings.HasPrefix(err.Error(), c.from+" imports "+c.to+", ") {
			t.Errorf("%s imports %s: error %v, want one: %t", c.from, c.to, err, c.refused)
		}
	}
}
