package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/cli/stacks"
	"github.com/fluxa/fluxa/emulator/sqs"
	"github.com/fluxa/fluxa/local/stack"
)

// account is an AWS account with the stages dev, whose API has one key, and shared, which
// has clients, each once more with the prefix acme-. It has the queues of a queues.
type account struct {
	queues  *queues
	api     *fakeAPI
	refuses string // an action that it does not allow
	invoked []string
	watched *cloudWatch // its logs and metrics; nil: there are none
}

// newAccount makes the account that the AWS settings of the environment lead to.
func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{queues: newQueues(t), api: newAPI(t)}
	a.queues.runs = true // for the waiting receives of a deployed queue
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_CONFIG_FILE": os.DevNull, "AWS_REGION": "eu-west-1",
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
	} {
		t.Setenv(name, value)
	}
	return a
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	function, invokes := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/2015-03-31/functions/"), "/invocations")
	switch {
	case a.watched != nil && a.watched.answers(w, r):
	case r.Header.Get("X-Amz-Target") != "":
		a.queues.web.Config.Handler.ServeHTTP(w, r)
	case invokes:
		a.invoked = append(a.invoked, function)
		fmt.Fprint(w, `{"applied":["001_create_events_table.sql"]}`)
	case strings.HasPrefix(r.URL.Path, "/apikeys/"):
		value := ""
		if r.URL.Query().Get("includeValue") == "true" {
			value = "value-of-" + strings.TrimPrefix(r.URL.Path, "/apikeys/")
		}
		fmt.Fprintf(w, `{"value":%q}`, value)
	case r.FormValue("Action") == a.refuses:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::123456789012:user/ada is not authorized</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`)
	default:
		a.describe(w, r.FormValue("StackName"))
	}
}

func (a *account) describe(w http.ResponseWriter, name string) {
	outputs := map[string]string{"PayloadBucket": "fluxa-payloads"}
	prefix, rest, _ := strings.Cut(name, "fluxa-")
	part, stage, _ := strings.Cut(rest, "-")
	if part == "pipeline" {
		outputs = map[string]string{
			"ApiEndpoint": a.api.URL + "/" + prefix + stage, "QueueUrl": a.queues.info.QueueURL, "DlqUrl": a.queues.info.DLQURL, "MigrateFunction": prefix + "fluxa-migrate-" + stage,
			"IngestFunction": prefix + "fluxa-ingest-" + stage, "ProcessorFunction": prefix + "fluxa-processor-" + stage,
		}
		if stage == "dev" {
			outputs["ApiKeyId"] = prefix + "k1"
		} else {
			outputs["ApiKeyIds"] = "{&quot;eu-orders-a&quot;:&quot;k2&quot;,&quot;eu-orders-b&quot;:&quot;k3&quot;,&quot;reports-a&quot;:&quot;k4&quot;}"
		}
	}
	if stage != "dev" && stage != "shared" || prefix != "" && prefix != "acme-" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id %s does not exist</Message></Error></ErrorResponse>", name)
		return
	}
	fmt.Fprintf(w, "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>%s</StackName><StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/%s/1</StackId><Outputs>", name, name)
	for key, value := range outputs {
		fmt.Fprintf(w, "<member><OutputKey>%s</OutputKey><OutputValue>%s</OutputValue></member>", key, value)
	}
	fmt.Fprint(w, "</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>")
}

// configure writes the file of the profiles.
func configure(t *testing.T, text string) (path string) {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", folder)
	path = filepath.Join(folder, "fluxa", "config.yaml")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// key is the API key of the last request.
func (f *fakeAPI) key() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.headers[len(f.headers)-1].Get("X-Api-Key")
}

func whole(t *testing.T, args ...string) outcome {
	t.Helper()
	return runWhole(t.Context(), strings.NewReader(""), stacks.Launcher{}, args...)
}

// TestStage uses the AWS settings of the environment, so it is not parallel.
func TestStage(t *testing.T) {
	a := newAccount(t)
	a.api.says("GET /dev/events/e1", 200, `{"event_id":"e1"}`)
	a.api.says("GET /shared/events/e1", 200, `{"event_id":"e1"}`)
	a.api.says("POST /dev/events", 202, `{"event_id":"e1","status":"enqueued"}`)
	const on = "on stage dev (account 123456789012, eu-west-1)\n"
	a.queues.dead("e1", "x", "y", "z")
	for _, test := range []struct {
		args     string
		out, key string
	}{
		{"send --user-id u --stage dev", "enqueued e1\n", "value-of-k1"},
		{"send --user-id u --stage dev --api-key mine", "enqueued e1\n", "mine"},
		{"dlq redrive e1 --stage dev", "sent back 1\nleft: 0 in the DLQ\n", ""},
		{"dlq purge --yes --stage dev", "the DLQ is purged: it had 0 messages; on AWS it takes up to a minute\n", ""},
		{"migrate --stage dev", "applied 001_create_events_table.sql\n", ""},
	} {
		if got := whole(t, strings.Fields(test.args)...); got != (outcome{exit.OK, test.out, on}) {
			t.Errorf("%s: %s", test.args, got)
		}
		if test.key != "" && a.api.key() != test.key {
			t.Errorf("%s: the key is %s", test.args, a.api.key())
		}
	}
	a.queues.wantStats("events", sqs.Stats{Visible: 1})
	if len(a.invoked) != 1 || a.invoked[0] != "fluxa-migrate-dev" {
		t.Errorf("invoked are %q", a.invoked)
	}
	for of, want := range map[string]string{"eu-orders": "value-of-k2", "eu-orders-b": "value-of-k3", "reports": "value-of-k4"} {
		if got := run(t, "get", "e1", "--stage", "shared", "--key-of", of); got.code != exit.OK || a.api.key() != want {
			t.Errorf("%s: the key is %s; %s", of, a.api.key(), got)
		}
	}
	t.Setenv("FLUXA_STAGE", "dev")
	if got := run(t, "get", "e1"); got.code != exit.OK || a.api.key() != "value-of-k1" {
		t.Errorf("%s", got)
	}
}

// TestStage_is_found_by_its_prefix uses the AWS settings of the environment, so it is not
// parallel.
func TestStage_is_found_by_its_prefix(t *testing.T) {
	a := newAccount(t)
	a.api.says("GET /acme-dev/events/e1", 200, `{"event_id":"e1"}`)
	configure(t, `
profiles:
  acme: { stage: dev, name_prefix: acme- }
  parts: { endpoint: http://h, name_prefix: acme- }
`)
	const on = "on stage acme-dev (account 123456789012, eu-west-1)\n"
	if got := whole(t, "migrate", "--stage", "dev", "--name-prefix", "acme-"); got != (outcome{exit.OK, "applied 001_create_events_table.sql\n", on}) {
		t.Errorf("%s", got)
	}
	if len(a.invoked) != 1 || a.invoked[0] != "acme-fluxa-migrate-dev" {
		t.Errorf("invoked are %q", a.invoked)
	}
	for _, args := range []string{"get e1 --stage dev --name-prefix acme-", "get e1 --profile acme"} {
		if got := run(t, strings.Fields(args)...); got.code != exit.OK || a.api.key() != "value-of-acme-k1" {
			t.Errorf("%s: the key is %s; %s", args, a.api.key(), got)
		}
	}
	const alone = "fluxa: --name-prefix is of a stage: give --stage NAME too; a profile has a name_prefix of its own\n"
	for args, want := range map[string]outcome{
		"open --stage dev --name-prefix acme-":    {exit.Failure, "", "fluxa: stage acme-dev (account 123456789012, eu-west-1) has no console of its own: `fluxa console --stage dev --name-prefix acme-` serves one here\n"},
		"get e1 --name-prefix acme-":              {exit.Usage, "", alone},
		"get e1 --profile acme --name-prefix up-": {exit.Usage, "", alone},
		"dlq ls --stage dev --name-prefix up-":    {exit.Failure, "", "fluxa: find the stage up-dev: there is no stack up-fluxa-pipeline-dev in eu-west-1: check --stage, --name-prefix, --region and the AWS profile; a stage deployed by Terraform has no such stacks, so give --endpoint and the others, or a profile\n"},
	} {
		if got := run(t, strings.Fields(args)...); got != want {
			t.Errorf("%s: %s\nwant %s", args, got, want)
		}
	}
	if got := run(t, "get", "e1", "--profile", "parts"); got.code != exit.Failure || !strings.HasSuffix(got.err, "the profile parts has a name_prefix, which belongs to a stage, and names no stage\n") {
		t.Errorf("%s", got)
	}
	a.api.says("GET /acme-dev/health", 200, `{"status":"healthy"}`)
	a.api.on("POST /acme-dev/events", func(w http.ResponseWriter, _ *http.Request, body string) {
		id, _, _ := strings.Cut(strings.SplitAfter(body, `"event_id":"`)[1], `"`)
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, `{"event_id":%q,"status":"enqueued"}`, id)
	})
	a.watched = &cloudWatch{t: t, needed: map[string]bool{}}
	verify := strings.Fields("verify --stage dev --name-prefix acme- --timeout 1ms --metrics-timeout 1ms --skip-dlq")
	if got := run(t, verify...); !strings.Contains(got.out, "CloudWatch, environment acme-dev: not seen within 1ms: ") || len(a.watched.metrics) == 0 {
		t.Errorf("%s", got)
	}
	t.Setenv("FLUXA_NAME_PREFIX", "acme-")
	if got := run(t, "get", "e1", "--stage", "dev"); got.code != exit.OK || a.api.key() != "value-of-acme-k1" {
		t.Errorf("%s", got)
	}
}

// TestStage_that_cannot_be_found uses the AWS settings of the environment, so it is not
// parallel.
func TestStage_that_cannot_be_found(t *testing.T) {
	a := newAccount(t)
	const shared = "stage shared (account 123456789012, eu-west-1)"
	for _, test := range []struct {
		args, want string
		code       int
	}{
		{"dlq ls --stage prod", "fluxa: find the stage prod: there is no stack fluxa-pipeline-prod in eu-west-1: check --stage, --name-prefix, --region and the AWS profile; a stage deployed by Terraform has no such stacks, so give --endpoint and the others, or a profile\n", exit.Failure},
		{"get e1 --stage shared", "fluxa: " + shared + " has several clients: say whose API key to use with --key-of eu-orders, or reports\n", exit.Usage},
		{"get e1 --stage shared --key-of ada", "fluxa: " + shared + " has no client ada with an API key: it has eu-orders, reports\n", exit.Usage},
		{"get e1 --key-of ada", "fluxa: --key-of is of a stage's API keys: give --stage NAME too, or --api-key\n", exit.Usage},
	} {
		if got := run(t, strings.Fields(test.args)...); got != (outcome{test.code, "", test.want}) {
			t.Errorf("%s: %s", test.args, got)
		}
	}
	a.refuses = "DescribeStacks"
	const denied = "fluxa: find the stage dev: CloudFormation refused DescribeStacks: AccessDenied: User: arn:aws:iam::123456789012:user/ada is not authorized\n  check that these are the right AWS credentials (`aws sts get-caller-identity`), and that they may do it\n"
	if got := run(t, "dlq", "ls", "--stage", "dev"); got != (outcome{exit.Failure, "", denied}) {
		t.Errorf("%s", got)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	const none = "fluxa: find the stage dev: there are no AWS credentials that work\n  log in (`aws sso login`), or name them with AWS_PROFILE or aws_profile of a profile; `aws sts get-caller-identity` tells whose they are\n"
	if got := run(t, "dlq", "ls", "--stage", "dev"); got != (outcome{exit.Failure, "", none}) {
		t.Errorf("%s", got)
	}
}

// TestProfiles sets environment variables, so it is not parallel.
func TestProfiles(t *testing.T) {
	a := newAccount(t)
	a.api.says("GET /dev/events/e1", 200, `{"event_id":"e1"}`)
	a.api.says("GET /shared/events/e1", 200, `{"event_id":"e1"}`)
	if got := run(t, "get", "e1", "--profile", "work"); got.code != exit.Failure || !strings.HasPrefix(got.err, "fluxa: there is no profile work: there is no ") {
		t.Errorf("%s", got)
	}
	path := configure(t, fmt.Sprintf(`
profiles:
  dev: { stage: dev, region: eu-west-1 }
  reports: { stage: shared, key_of: reports }
  parts: { endpoint: %q, api_key: secret, dlq_url: %q, queue_url: %q }
  both: { stage: dev, endpoint: http://h }
  neither: { region: eu-west-1 }
`, a.api.URL+"/dev", a.queues.info.DLQURL, a.queues.info.QueueURL))
	for profile, key := range map[string]string{"dev": "value-of-k1", "reports": "value-of-k4", "parts": "secret"} {
		if got := run(t, "get", "e1", "--profile", profile); got.code != exit.OK || a.api.key() != key {
			t.Errorf("%s: the key is %s; %s", profile, a.api.key(), got)
		}
	}
	t.Setenv("FLUXA_PROFILE", "parts")
	a.queues.dead("e1", "x", "y", "z")
	if got, want := whole(t, "dlq", "redrive", "e1"), "on profile parts ("+a.api.URL+"/dev)\n"; got != (outcome{exit.OK, "sent back 1\nleft: 0 in the DLQ\n", want}) {
		t.Errorf("%s", got)
	}
	for name, want := range map[string]string{
		"nobody":  "has no profile nobody: it has both, dev, neither, parts, reports\n",
		"both":    ": the profile both must have either a stage, or an endpoint, a queue_url and a dlq_url or some of them\n",
		"neither": ": the profile neither must have either a stage, or an endpoint, a queue_url and a dlq_url or some of them\n",
	} {
		if got := run(t, "get", "e1", "--profile", name); got.code != exit.Failure || !strings.HasSuffix(got.err, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if got, want := run(t, "get", "e1"), "fluxa: "+path+" has API keys, and others may read it: chmod 600 "+path+"\n"; got != (outcome{exit.Failure, "", want}) {
		t.Errorf("%s", got)
	}
	configure(t, "profiles: { parts: { stge: dev } }")
	if got := run(t, "get", "e1"); got.code != exit.Failure || !strings.Contains(got.err, "stge") || strings.Count(got.err, "\n") != 1 {
		t.Errorf("%s", got)
	}
}

// TestMixtures_of_local_and_deployed_settings_are_refused sets environment variables, so it
// is not parallel.
func TestMixtures_of_local_and_deployed_settings_are_refused(t *testing.T) {
	q := newQueues(t)
	q.dead("e1", "x", "y", "z")
	dir := local(t, q.info)
	for name, test := range map[string]struct {
		environment, args string // separated by spaces
		want              string
	}{
		"the API deployed, the DLQ local": {"FLUXA_ENDPOINT=http://h/dev", "dlq purge --yes",
			"FLUXA_ENDPOINT is a part of a deployed stack, and nothing names the dead-letter queue of it: give --dlq-url too, or --stage NAME for all of them; for the local stack, unset FLUXA_ENDPOINT"},
		"the DLQ deployed, while a local stack runs": {"FLUXA_DLQ_URL=http://h/q", "dlq purge --yes",
			"FLUXA_DLQ_URL names a deployed stack's queue, but a local stack runs under FOLDER: give --dlq-url or --stage NAME for the deployed one; for the local one, unset FLUXA_DLQ_URL"},
		"the DLQ deployed, the API local": {"FLUXA_DLQ_URL=http://h/q FLUXA_QUEUE_URL=http://h/e", "send --generate 1",
			"FLUXA_QUEUE_URL and FLUXA_DLQ_URL are parts of a deployed stack, and nothing names the API of it: give --endpoint too, or --stage NAME for all of them; for the local stack, unset FLUXA_QUEUE_URL and FLUXA_DLQ_URL"},
		"the events queue deployed, the DLQ local": {"", "dlq redrive --all --queue-url http://h/e",
			"--queue-url is a part of a deployed stack, and nothing names the dead-letter queue of it: give --dlq-url too, or --stage NAME for all of them; for the local stack, unset --queue-url"},
		"the API deployed, the database local": {"FLUXA_ENDPOINT=http://h/dev", "migrate",
			"FLUXA_ENDPOINT is a part of a deployed stack, whose functions are found by --stage NAME: give that instead; for the local stack, unset FLUXA_ENDPOINT"},
		"a database and a stage": {"DATABASE_URL=postgres://h/d", "migrate --stage dev",
			"--database-url (or DATABASE_URL) names a database, and --stage or --profile another: give one of them"},
		"a stage and another's API":     {"FLUXA_ENDPOINT=http://h/prod", "send --generate 1 --stage dev", "--stage and FLUXA_ENDPOINT name two stacks: give one of them, and unset the others"},
		"a stage and a profile":         {"FLUXA_STAGE=dev FLUXA_PROFILE=prod", "dlq ls", "FLUXA_PROFILE and FLUXA_STAGE name two stacks: give one of them, and unset the others"},
		"a stage and a local folder":    {"", "dlq purge --yes --stage dev --dir /tmp/x", "--dir names the local stack, and --stage a deployed one: give one of them"},
		"a deployed API and local data": {"FLUXA_ENDPOINT=http://h/prod", "send --generate 1 --dir /tmp/x", "--dir names the local stack, and FLUXA_ENDPOINT a deployed one: give one of them"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("FLUXA_DIR", dir)
			for _, variable := range strings.Fields(test.environment) {
				name, value, _ := strings.Cut(variable, "=")
				t.Setenv(name, value)
			}
			want := "fluxa: " + strings.ReplaceAll(test.want, "FOLDER", dir) + "\n"
			if got := whole(t, strings.Fields(test.args)...); got != (outcome{exit.Usage, "", want}) {
				t.Errorf("%s\nwant %s", got, want)
			}
		})
	}
	q.wantStats("dlq", sqs.Stats{Visible: 1})
	q.wantStats("events", sqs.Stats{})
}

func TestCommands_name_the_stack_that_they_act_on(t *testing.T) {
	t.Parallel()
	q, api := newQueues(t), newAPI(t)
	api.says("GET /health", 200, `{"status":"healthy"}`)
	info := q.info
	info.APIURL = api.URL
	dir := local(t, info)
	file := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(file, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"send --user-id u", "send --generate 1", "import " + file, "load --rate 1/s --for 1s --drain 1ms", "verify --timeout 1ms",
		"erase --user-id u --yes", "replay --from 2024-01-01T00:00:00Z",
		"dlq redrive --all", "dlq purge --yes", "dlq delete e1 --yes", "dlq edit e1",
	} {
		for stack, want := range map[string]string{"--dir " + dir: "the local stack under " + dir, "--endpoint " + api.URL: api.URL} {
			onAPI := !slices.ContainsFunc([]string{"dlq", "erase", "replay"}, func(c string) bool { return strings.HasPrefix(args, c) })
			if !onAPI && strings.HasPrefix(stack, "--endpoint") {
				continue
			}
			if got := whole(t, append(strings.Fields(args), strings.Fields(stack)...)...); !strings.HasPrefix(got.err, "on "+want+"\n") {
				t.Errorf("%s %s: %s", args, stack, got)
			}
		}
	}
	if got := whole(t, "migrate", "--database-url", "postgres://u:secret@127.0.0.1:1/d"); !strings.HasPrefix(got.err, "on the database 127.0.0.1:1/d\n") {
		t.Errorf("%s", got)
	}
}

// TestStack_is_found_from_a_folder_below changes the working directory, so it is not
// parallel.
func TestStack_is_found_from_a_folder_below(t *testing.T) {
	top := t.TempDir()
	for _, folder := range []string{".fluxa", ".git", "cli/events", "other/.git", "other/below"} {
		if err := os.MkdirAll(filepath.Join(top, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := stack.WriteInfo(filepath.Join(top, ".fluxa"), stack.Info{PID: os.Getpid()}); err != nil {
		t.Fatal(err)
	}
	for below, want := range map[string]string{"": ".fluxa", "cli/events": "../../.fluxa", "other/below": ".fluxa"} {
		t.Chdir(filepath.Join(top, below))
		if got := run(t, "get", "e1"); !strings.HasPrefix(got.err, "fluxa: no local stack under "+want+": ") {
			t.Errorf("%s: %s", below, got)
		}
	}
}
