package stage

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.yaml.in/yaml/v3"
)

func TestAll_has_dev_and_prod(t *testing.T) {
	t.Parallel()
	stages, err := All()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range stages {
		names = append(names, s.Name)
	}
	if !slices.IsSorted(names) || !slices.Contains(names, "dev") || !slices.Contains(names, "prod") {
		t.Errorf("the stages are %q", names)
	}
}

func named(stages []Stage, name string) Stage {
	return stages[slices.IndexFunc(stages, func(s Stage) bool { return s.Name == name })]
}

func TestDev_is_cheap_and_goes_with_its_stack_and_prod_survives(t *testing.T) {
	t.Parallel()
	stages, err := All()
	if err != nil {
		t.Fatal(err)
	}
	dev, prod := named(stages, "dev"), named(stages, "prod")
	for _, c := range []struct {
		what      string
		dev, prod any
		of        func(Stage) any
	}{
		{"account", "", "", func(s Stage) any { return s.Account }},
		{"region", "", "us-east-1", func(s Stage) any { return s.Region }},
		{"removal", Destroy, Retain, func(s Stage) any { return s.Removal }},
		{"termination protection", false, true, func(s Stage) any { return s.TerminationProtection }},
		{"maintenance", 24 * time.Hour, time.Hour, func(s Stage) any { return s.Events.MaintainEvery() }},
		{"log retention", 14, 90, func(s Stage) any { return s.Logs.RetentionDays }},
		{"Lambda's own log lines", "warn", "warn", func(s Stage) any { return s.Logs.SystemLevel }},
		{"traces", Traces{1, true}, Traces{1, true}, func(s Stage) any { return s.Traces }},
		{"endpoints", CreateEndpoints, CreateEndpoints, func(s Stage) any { return s.Network.Endpoints }},
		{"existing VPC", false, false, func(s Stage) any { return s.Network.VPC.Exists() }},
		{"zones of endpoints", 1, 3, func(s Stage) any { return s.Network.EndpointZones }},
		{"tracing", true, true, func(s Stage) any { return s.Tracing }},
		{"zones", 2, 3, func(s Stage) any { return s.Network.AvailabilityZones }},
		{"names of zones", "", "us-east-1a us-east-1b us-east-1c", func(s Stage) any { return strings.Join(s.Network.Zones, " ") }},
		{"flow logs", false, true, func(s Stage) any { return s.Network.FlowLogs }},
		{"engine", Postgres, Postgres, func(s Stage) any { return s.Database.Engine }},
		{"version", "17", "17", func(s Stage) any { return s.Database.EngineVersion }},
		{"class", "t4g.micro", "m7g.large", func(s Stage) any { return s.Database.InstanceClass }},
		{"storage", [2]int{20, 100}, [2]int{100, 1000}, func(s Stage) any { return [2]int{s.Database.StorageGiB, s.Database.MaxStorageGiB} }},
		{"multi-AZ", false, true, func(s Stage) any { return s.Database.MultiAZ }},
		{"backup days", 1, 14, func(s Stage) any { return s.Database.BackupDays }},
		{"backup window", "", "", func(s Stage) any { return s.Database.BackupWindow }},
		{"maintenance window", "", "", func(s Stage) any { return s.Database.MaintenanceWindow }},
		{"adopted instance", Adopted{}, Adopted{}, func(s Stage) any { return s.Database.Adopted }},
		{"deletion protection", false, true, func(s Stage) any { return s.Database.DeletionProtection }},
		{"proxy", false, true, func(s Stage) any { return s.Database.Proxy }},
		{"access logs", false, true, func(s Stage) any { return s.Payloads.AccessLogs }},
		{"batch", Queue{BatchSize: 10}, Queue{BatchSize: 100, BatchWindowSeconds: 1}, func(s Stage) any { return s.Queue }},
		{"processors", 5, 50, func(s Stage) any { return s.Functions.Processor.MaximumConcurrency }},
		{"authorization", APIKey, APIKey, func(s Stage) any { return s.API.Authorization }},
		{"account's role", true, true, func(s Stage) any { return s.API.AccountRole }},
		{"bodies", true, true, func(s Stage) any { return s.API.ValidateBodies }},
		{"firewall", false, true, func(s Stage) any { return s.API.Firewall }},
		{"domain", Domain{}, Domain{}, func(s Stage) any { return s.API.Domain }},
		{"release", AllAtOnce, Canary, func(s Stage) any { return s.Release }},
		{"address", "", "", func(s Stage) any { return s.Alarms.Address() }},
		{"first dead letter", 1, 1, func(s Stage) any { return s.Alarms.DLQDepth }},
	} {
		if got := c.of(dev); got != c.dev {
			t.Errorf("dev: %s is %v, want %v", c.what, got, c.dev)
		}
		if got := c.of(prod); got != c.prod {
			t.Errorf("prod: %s is %v, want %v", c.what, got, c.prod)
		}
	}
	if dev.Network.CIDR == prod.Network.CIDR {
		t.Errorf("both have the network %s: they could never be connected", dev.Network.CIDR)
	}
}

func TestLoad_takes_a_third_stage_as_one_file(t *testing.T) {
	t.Parallel()
	stages, err := load(fstest.MapFS{
		"dev.yaml":     {Data: edited(t, "dev", nil)},
		"prod.yaml":    {Data: edited(t, "prod", nil)},
		"staging.yaml": {Data: edited(t, "dev", changes{"network.cidr": "10.40.0.0/16"})},
		"notes.txt":    {Data: []byte("is no stage")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(stages) != 3 || stages[2].Name != "staging" || stages[2].Network.CIDR != "10.40.0.0/16" {
		t.Fatalf("the stages are %+v", stages)
	}
	if name := stages[2].Named("ingest"); name != "fluxa-ingest-staging" {
		t.Errorf("its ingest is %s", name)
	}
	other := stages[2]
	other.Name, other.Network.CIDR = stages[0].Name, stages[0].Network.CIDR
	if !reflect.DeepEqual(other, stages[0]) {
		t.Errorf("staging is %+v, and dev %+v", stages[2], stages[0])
	}
}

func TestLoad_tells_the_faults_of_every_stage(t *testing.T) {
	t.Parallel()
	_, err := load(fstest.MapFS{
		"dev.yaml":  {Data: edited(t, "dev", changes{"api.burst": 0})},
		"prod.yaml": {Data: edited(t, "prod", changes{"removal": "keep", "logs": gone{}})},
	})
	want := "stage dev: api.burst must be 1 to 5000, got 0\n" +
		"stage prod: logs is missing: every setting is stated in the file"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestParse_names_each_field_that_is_missing(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"account", "region", "name_prefix", "tags", "permissions_boundary", "otlp", "otlp.endpoint", "otlp.network", "otlp.peering", "otlp.transit_gateway", "removal", "termination_protection", "logs", "logs.level", "logs.system_level", "logs.retention_days", "tracing",
		"traces", "traces.requests_percent", "traces.requests_only", "network.endpoint_zones",
		"network", "network.cidr", "network.availability_zones", "network.flow_logs",
		"network.endpoints", "network.vpc", "network.vpc.id", "network.vpc.cidr", "network.vpc.subnet_ids", "network.vpc.route_table_ids",
		"encryption", "encryption.customer_key", "encryption.database",
		"database", "database.engine", "database.instance_class", "database.storage_gib", "database.max_storage_gib", "database.multi_az",
		"database.minimum_acu", "database.maximum_acu", "database.readers",
		"database.backup_days", "database.backup_window", "database.maintenance_window", "database.deletion_protection", "database.proxy", "database.backup_copy", "database.backup_copy.vault_arn", "database.backup_copy.hour", "database.backup_copy.days",
		"events", "events.retention_days", "events.maintain_every_hours", "payloads", "payloads.glacier_days", "payloads.old_version_days", "payloads.access_logs",
		"queue", "queue.batch_size", "queue.batch_window_seconds", "queue.minimum_pollers", "queue.maximum_pollers",
		"functions", "functions.ingest", "functions.ingest.memory_mib", "functions.ingest.timeout_seconds", "functions.ingest.reserved_concurrency",
		"functions.processor.maximum_concurrency", "functions.query.reserved_concurrency", "functions.migrate", "functions.migrate.memory_mib", "functions.maintain", "functions.authorize", "functions.authorize.timeout_seconds",
		"api", "api.authorization", "api.validate_bodies", "api.rate_per_second", "api.burst", "api.firewall", "api.firewall_rate_per_5_minutes",
		"release", "alarms", "alarms.email", "alarms.dlq_depth", "alarms.retried", "alarms.notifications_failed", "alarms.error_rate_percent", "alarms.throttles", "alarms.api_5xx_percent",
		"api.domain", "api.domain.name", "api.domain.certificate_arn", "api.jwt", "api.jwt.issuer", "api.jwt.audience", "api.clients",
		"alarms.queue_age_seconds", "alarms.end_to_end_p99_ms", "alarms.concurrency_percent", "alarms.database_cpu_percent",
		"alarms.database_free_storage_gib", "alarms.database_free_memory_mib", "alarms.database_capacity_percent", "alarms.database_connections_percent",
	} {
		_, err := Parse("x9", edited(t, "prod", changes{path: gone{}}))
		refused(t, err, path+" is missing: every setting is stated in the file")
	}
}

func TestParse_tells_all_that_is_missing_at_once(t *testing.T) {
	t.Parallel()
	_, err := Parse("x9", edited(t, "dev", changes{"queue.batch_size": gone{}, "alarms.dlq_depth": gone{}, "functions.query": gone{}}))
	refused(t, err,
		"queue.batch_size is missing: every setting is stated in the file",
		"functions.query is missing: every setting is stated in the file",
		"alarms.dlq_depth is missing: every setting is stated in the file")
}

func TestParse_names_a_field_that_it_does_not_know_and_its_line(t *testing.T) {
	t.Parallel()
	raw, err := files.ReadFile("dev.yaml")
	if err != nil {
		t.Fatal(err)
	}
	wrong := bytes.Replace(raw, []byte("  batch_size: 10"), []byte("  bach_size: 10"), 1)
	line := 1 + bytes.Count(wrong[:bytes.Index(wrong, []byte("bach_size"))], []byte("\n"))
	_, err = Parse("x9", wrong)
	refused(t, err, "queue.batch_size is missing: every setting is stated in the file", fmt.Sprintf("queue.bach_size is no setting (line %d)", line))
}

func TestParse_names_the_field_of_another_type(t *testing.T) {
	t.Parallel()
	_, err := Parse("x9", edited(t, "dev", changes{
		"queue.batch_size": "ten", "tracing": "always", "account": 123456789012, "database.proxy": nil, "logs": "all", "functions.query.memory_mib": 1.5,
		"database.minimum_acu": "half", "database.maximum_acu": 1.5,
	}))
	if err == nil {
		t.Fatal("it is taken")
	}
	got := regexp.MustCompile(` \(line \d+\)`).ReplaceAllString(err.Error(), "")
	const want = `stage x9: account must be text (in quotes), got "123456789012"
stage x9: logs must hold settings by their names
stage x9: tracing must be true or false, got "always"
stage x9: database.minimum_acu must be a number, got "half"
stage x9: database.proxy is missing: every setting is stated in the file
stage x9: queue.batch_size must be a whole number, got "ten"
stage x9: functions.query.memory_mib must be a whole number, got "1.5"`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFill_reads_lists_and_texts_by_their_names(t *testing.T) {
	t.Parallel()
	type collections struct {
		Zones []string          `yaml:"zones"`
		Tags  map[string]string `yaml:"tags"`
	}
	for raw, want := range map[string]any{
		"zones: [a, b]\ntags: {team: events, cost-center: '7'}": collections{[]string{"a", "b"}, map[string]string{"team": "events", "cost-center": "7"}},
		"zones: []\ntags: {}":             collections{},
		"zones: a\ntags: [a]":             "zones must be a list of texts, such as [a, b] (line 1); tags must be texts by their names, such as {a: b} (line 2)",
		"zones: [a, 1]\ntags: {a: true}":  `zones must be a list of texts, such as [a, b], got "1" (line 1); tags must be texts by their names, such as {a: b}, got "true" (line 2)`,
		"zones: [[a]]\ntags: {a: {b: c}}": `zones must be a list of texts, such as [a, b], got "" (line 1); tags must be texts by their names, such as {a: b}, got "" (line 2)`,
		"zones: [a]\ntags: {a: b, a: c}":  "tags must be texts by their names, such as {a: b}: yaml: unmarshal errors:\n  line 2: mapping key \"a\" already defined at line 2",
	} {
		var document yaml.Node
		if err := yaml.Unmarshal([]byte(raw), &document); err != nil {
			t.Fatal(err)
		}
		var got collections
		l := &faultList{stage: "x9"}
		l.fill(document.Content[0], reflect.ValueOf(&got).Elem(), "")
		if err := errors.Join(l.errs...); err != nil {
			sentences := strings.ReplaceAll(strings.ReplaceAll(err.Error(), "\nstage x9: ", "; "), "stage x9: ", "")
			if sentences != want {
				t.Errorf("%s: got %s, want %v", raw, sentences, want)
			}
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, want %#v", raw, got, want)
		}
	}
}

func TestParse_refuses_what_is_no_stage(t *testing.T) {
	t.Parallel()
	dev := string(edited(t, "dev", nil))
	for raw, want := range map[string]string{
		"":                                "the file is empty: every setting is stated in it, see dev.yaml",
		"# later\n":                       "the file is empty: every setting is stated in it, see dev.yaml",
		"- dev\n":                         "the file must hold settings by their names (line 1)",
		"tracing: [\n":                    "yaml: line 1: did not find expected node content",
		dev + "tracing: false\n":          fmt.Sprintf("tracing is stated twice (line %d)", 1+strings.Count(dev, "\n")),
		dev + "owner: me\nteam: {a: b}\n": fmt.Sprintf("owner is no setting (line %d)\nstage x9: team is no setting (line %d)", 1+strings.Count(dev, "\n"), 2+strings.Count(dev, "\n")),
	} {
		if _, err := Parse("x9", []byte(raw)); err == nil || err.Error() != "stage x9: "+want {
			t.Errorf("%.20q: got %v, want %q", raw, err, want)
		}
	}
}
