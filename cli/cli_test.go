package cli

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/fluxa/fluxa/cli/console"
	"github.com/fluxa/fluxa/cli/exit"
)

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, command := range append(commandLines(newParser(console.Console{}).Model.Node, ""), "") {
		t.Run("fluxa "+command, func(t *testing.T) {
			t.Parallel()
			got := run(t, append(strings.Fields(command), "--help")...)
			if got.code != exit.OK || got.err != "" {
				t.Errorf("%s", got)
			}
			for line := range strings.Lines(got.out) {
				if strings.HasPrefix(line, "fluxa ") {
					t.Errorf("an example is not indented: %s", line)
				}
				if len([]rune(line)) > 101 {
					t.Errorf("a line is longer than 100: %s", line)
				}
			}
			golden(t, "help_"+strings.ReplaceAll(strings.TrimSpace(command), " ", "_"), got.out)
		})
	}
	t.Run("is what no command at all gives", func(t *testing.T) {
		t.Parallel()
		if got, want := run(t), run(t, "--help"); got != want {
			t.Errorf("%s", got)
		}
	})
}

// commandLines returns every command of the grammar, such as "dlq ls".
func commandLines(node *kong.Node, prefix string) (lines []string) {
	for _, child := range node.Children {
		line := strings.TrimSpace(prefix + " " + child.Name)
		if len(child.Children) == 0 {
			lines = append(lines, line)
		}
		lines = append(lines, commandLines(child, line)...)
	}
	return lines
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no such command":           {[]string{"sned"}, `fluxa: unexpected argument sned, did you mean "send"?`},
		"no such flag":              {[]string{"send", "--amuont", "1"}, `fluxa: unknown flag --amuont, did you mean "--amount"?`},
		"a missing argument":        {[]string{"get"}, `fluxa: expected "<id>"`},
		"nothing to send":           {[]string{"send"}, "fluxa: what to send? Give --user-id, --amount, --currency and --merchant, or --file, or --generate"},
		"two things to send":        {[]string{"send", "--generate", "1", "--user-id", "u"}, "fluxa: the flags of one event, --file and --generate exclude each other"},
		"a rate that is none":       {[]string{"send", "--generate", "1", "--rate", "fast"}, `fluxa: --rate: "fast" is not a rate such as 50, 50/s or 10/m`},
		"a rate of another unit":    {[]string{"send", "--generate", "1", "--rate", "5/d"}, `fluxa: --rate: "5/d" is not a rate such as 50, 50/s or 10/m`},
		"a replay from nowhere":     {[]string{"replay"}, "fluxa: missing flags: --from=TIME"},
		"a replay at no rate":       {[]string{"replay", "--from", "2026-01-01T00:00:00Z", "--rate", "0"}, "fluxa: --rate is 0/s, it must be 1 to 10000 events a second"},
		"a replay too slow":         {[]string{"replay", "--from", "2026-01-01T00:00:00Z", "--rate", "30/m"}, "fluxa: --rate is 0.5/s, it must be 1 to 10000 events a second"},
		"a sample that is none":     {[]string{"audit", "--sample", "0%"}, `fluxa: --sample: "0%" is not a share such as 1% or 100%, from 0.0001% on`},
		"a sample without a unit":   {[]string{"audit", "--sample", "5"}, `fluxa: --sample: "5" is not a share such as 1% or 100%, from 0.0001% on`},
		"a part beyond the last":    {[]string{"audit", "--sample", "5%", "--part", "21"}, "fluxa: --part is 21, a sample of that size has the parts 1 to 20"},
		"a size that is none":       {[]string{"send", "--generate", "1", "--size", "3GB"}, `fluxa: --size: "3GB" is not a size such as 500, 300KiB or 2MiB`},
		"a batch too large":         {[]string{"send", "--generate", "1", "--batch", "501"}, "fluxa: --batch is 501, it must be 1 to 500"},
		"too much concurrency":      {[]string{"send", "--generate", "1", "--concurrency", "1001"}, "fluxa: --concurrency is 1001, it must be at most 1000"},
		"no concurrency":            {[]string{"send", "--generate", "1", "--concurrency", "0"}, "fluxa: --concurrency is 0, it must be at least 1"},
		"an amount that is none":    {[]string{"send", "--amount", "1,50"}, `fluxa: --amount is "1,50", which is not a JSON number such as 99.99`},
		"metadata that is no JSON":  {[]string{"send", "--metadata", "{a}"}, `fluxa: --metadata is not JSON, such as '{"order":"A-1"}'`},
		"no time for a request":     {[]string{"get", "e", "--request-timeout", "0s", "--endpoint", "http://h"}, "fluxa: --request-timeout is 0s, it must be more than 0"},
		"a wait below zero":         {[]string{"status", "e", "--wait=-1s"}, "fluxa: --wait is -1s, it must not be negative"},
		"a page too large":          {[]string{"list", "--user-id", "u", "--limit", "201"}, "fluxa: --limit is 201, it must be 1 to 200"},
		"a load of no rate":         {[]string{"load"}, "fluxa: missing flags: --rate=N/s"},
		"a load of nothing":         {[]string{"load", "--rate", "0"}, "fluxa: --rate is 0/s, it must be more than 0"},
		"a ramp to nothing":         {[]string{"load", "--rate", "1/s", "--ramp-to", "0/s"}, "fluxa: --ramp-to is 0/s, it must be more than 0"},
		"a load of no time":         {[]string{"load", "--rate", "1/s", "--for", "0s"}, "fluxa: --for is 0s, it must be more than 0"},
		"a load in no batches":      {[]string{"load", "--rate", "1/s", "--batch", "0"}, "fluxa: --batch is 0, it must be 1 to 500"},
		"batches over a request":    {[]string{"load", "--rate", "1/s", "--batch", "100", "--size", "300KiB"}, "fluxa: --batch is 100, at most 17 events of --size 307200 bytes fit into a request"},
		"a load too large":          {[]string{"load", "--rate", "1/s", "--size", "6MiB"}, "fluxa: --size: the size of the metadata is 6291456 bytes, it must be 0 to 5242880"},
		"nothing in flight":         {[]string{"load", "--rate", "1/s", "--in-flight", "0"}, "fluxa: --in-flight is 0, it must be 1 to 10000"},
		"too much in flight":        {[]string{"load", "--rate", "1/s", "--in-flight", "10001"}, "fluxa: --in-flight is 10001, it must be 1 to 10000"},
		"too many to follow":        {[]string{"load", "--rate", "1/s", "--follow", "1001"}, "fluxa: --follow is 1001/s, it must be 0 to 1000/s"},
		"no time to drain":          {[]string{"load", "--rate", "1/s", "--drain", "0s"}, "fluxa: --drain is 0s, it must be more than 0"},
		"an objective of none":      {[]string{"load", "--rate", "1/s", "--follow", "0", "--objective", "stored.p99<1s"}, "fluxa: --objective is stored.p99<1s, which needs --follow to be more than 0"},
		"an objective that is none": {[]string{"load", "--rate", "1/s", "--objective", "p99<1s"}, `fluxa: --objective: "p99<1s" is not an objective such as accepted.p99<100ms, stored.max<5s or errors<0.1%`},
		"a list of nobody":          {[]string{"list"}, "fluxa: missing flags: --user-id=ID"},
		"no dead letters":           {[]string{"dlq", "ls", "--limit", "0"}, "fluxa: --limit is 0, it must be at least 1"},
		"redrive of what":           {[]string{"dlq", "redrive"}, "fluxa: give ids, or --all"},
		"redrive of both":           {[]string{"dlq", "redrive", "x", "--all"}, "fluxa: give ids, or --all"},
		"redrive to where":          {[]string{"dlq", "redrive", "x", "--dlq-url", "http://h/q"}, "fluxa: --dlq-url needs --queue-url, too: where to send the messages back to"},
		"no time to verify":         {[]string{"verify", "--timeout", "0s"}, "fluxa: --timeout and --metrics-timeout must be more than 0"},
		"a doctor for no stage":     {[]string{"doctor"}, "fluxa: missing flags: --stage=NAME"},
		"a port that is none":       {[]string{"up", "--port", "65534"}, "fluxa: --port is 65534, it must be 0 to 65533: the two ports after it are used too"},
		"a negative wait":           {[]string{"get", "e", "--wait", "-1s"}, "fluxa: --wait is -1s, it must not be negative"},
		"a wait for many":           {[]string{"send", "--generate", "2", "--wait", "1s"}, "fluxa: --wait is of one event, and must not be negative; `fluxa load` follows many"},
		"logs of no time":           {[]string{"logs", "--since", "0s"}, "fluxa: --since is 0s, it must be more than 0"},
		"logs of nobody":            {[]string{"logs", "--handler", "worker"}, `fluxa: --handler must be one of "ingest","processor","query","maintain" but got "worker"`},
		"a tail of no time":         {[]string{"events", "tail", "--since", "0s"}, "fluxa: --since is 0s, it must be more than 0"},
		"a trace of no time":        {[]string{"trace", "e", "--since", "0s"}, "fluxa: --wait must not be negative, and --since must be more than 0"},
		"another output":            {[]string{"get", "e", "-o", "yaml"}, `fluxa: --output must be one of "auto","json","text" but got "yaml"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := run(t, test.args...)
			if line, _, _ := strings.Cut(got.err, "\n"); got.code != exit.Usage || line != test.want || got.out != "" {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}

func TestWithoutAStack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, args := range []string{
		"get e", "status e", "list --user-id u", "failures", "verify", "send --generate 1", "load --rate 1/s", "migrate",
		"dlq ls", "dlq show x", "dlq redrive x", "dlq purge",
	} {
		got := run(t, append(strings.Fields(args), "--dir", dir)...)
		want := "fluxa: no local stack under " + dir + ": run `make up`, or give --stage NAME for a deployed one\n"
		if got.code != exit.Failure || got.err != want || got.out != "" {
			t.Errorf("%s: %s", args, got)
		}
	}
}

func TestCommand_is_found_by_what_other_programs_take(t *testing.T) {
	t.Parallel()
	for args, same := range map[string]string{"--version": "version", "help": "--help", "help dlq ls": "dlq ls --help"} {
		if got, want := run(t, strings.Fields(args)...), run(t, strings.Fields(same)...); got != want || got.code != exit.OK {
			t.Errorf("%s: %s", args, got)
		}
	}
	if got := run(t, "help", "sned"); got.code != exit.Usage || !strings.HasPrefix(got.err, "fluxa: unexpected argument sned") {
		t.Errorf("%s", got)
	}
}

// TestCompletion sets the variables that a shell sets, so it is not parallel.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if got := run(t, "completion", shell); got.code != exit.OK || !strings.Contains(got.out, "fluxa completion -c "+shell) {
			t.Errorf("%s", got)
		}
		if got := run(t, "completion", "-c", shell); got.code != exit.OK || !strings.Contains(got.out, "fluxa") || got.err != "" {
			t.Errorf("%s", got)
		}
	}
	for line, want := range map[string]string{"fluxa dl": "dlq", "fluxa dlq re": "redrive", "fluxa send --curr": "--currency", "fluxa logs --handler pro": "processor", "fluxa get -o j": "json"} {
		t.Setenv("COMP_LINE", line)
		if got := run(t); got != (outcome{exit.OK, want + "\n", ""}) {
			t.Errorf("%q is completed as %s", line, got)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	if got := run(t, "version"); got.code != exit.OK || !strings.HasPrefix(got.out, "fluxa ") || !strings.Contains(got.out, " go1.") {
		t.Errorf("%s", got)
	}
}

func TestScript_calls_verify(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../scripts/verify_dev.sh")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(script)), "\n")
	if !slices.Contains(lines, "set -euo pipefail") || !slices.Equal(lines[len(lines)-2:], []string{"make -s dist/bin/fluxa >&2", `exec dist/bin/fluxa verify "$@"`}) {
		t.Errorf("the script is\n%s", script)
	}
}
