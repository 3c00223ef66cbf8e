package stage

import (
	"fmt"
	"strings"
	"testing"
)

func TestParse_refuses_a_value_that_is_none_of_those_there_are(t *testing.T) {
	t.Parallel()
	const retentions = "[1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653]"
	const classes = `["m7g.2xlarge" "m7g.4xlarge" "m7g.large" "m7g.xlarge" "r7g.2xlarge" "r7g.4xlarge" "r7g.large" "r7g.xlarge" "t4g.large" "t4g.medium" "t4g.micro" "t4g.small"]`
	for _, c := range []struct {
		path  string
		value any
		want  string
	}{
		{"account", "12345678901", `must be empty or 12 digits, got "12345678901"`},
		{"account", "1234567890123", `must be empty or 12 digits, got "1234567890123"`},
		{"account", "12345678901a", `must be empty or 12 digits, got "12345678901a"`},
		{"region", "Ireland", `must be empty or a region such as eu-west-1, got "Ireland"`},
		{"region", "eu-west-1a", `must be empty or a region such as eu-west-1, got "eu-west-1a"`},
		{"removal", "keep", `must be one of ["destroy" "retain"], got "keep"`},
		{"removal", "", `must be one of ["destroy" "retain"], got ""`},
		{"logs.level", "trace", `must be one of ["debug" "info" "warn" "error"], got "trace"`},
		{"logs.level", "INFO", `must be one of ["debug" "info" "warn" "error"], got "INFO"`},
		{"logs.system_level", "error", `must be one of ["info" "warn"], got "error"`},
		{"logs.retention_days", 10, "must be one of " + retentions + ", got 10"},
		{"logs.retention_days", 0, "must be one of " + retentions + ", got 0"},
		{"release", "blue_green", `must be one of ["all_at_once" "canary_10_percent_5_minutes"], got "blue_green"`},
		{"network.cidr", "10.20.0.0/15", `must be an IPv4 network of /16 to /22 such as 10.20.0.0/16, got "10.20.0.0/15"`},
		{"network.cidr", "10.20.0.0/23", `must be an IPv4 network of /16 to /22 such as 10.20.0.0/16, got "10.20.0.0/23"`},
		{"network.cidr", "10.20.0.1/16", `must be an IPv4 network of /16 to /22 such as 10.20.0.0/16, got "10.20.0.1/16"`},
		{"network.cidr", "10.20.0.0", `must be an IPv4 network of /16 to /22 such as 10.20.0.0/16, got "10.20.0.0"`},
		{"network.cidr", "fd00::/16", `must be an IPv4 network of /16 to /22 such as 10.20.0.0/16, got "fd00::/16"`},
		{"database.engine", "mysql", `must be one of ["postgres" "aurora"], got "mysql"`},
		{"database.engine_version", "13", `must be a major version of PostgreSQL from 14 on, such as 17, got "13"`},
		{"database.engine_version", "17.4", `must be a major version of PostgreSQL from 14 on, such as 17, got "17.4"`},
		{"database.engine_version", "", `must be a major version of PostgreSQL from 14 on, such as 17, got ""`},
		{"database.instance_class", "db.t4g.micro", "must be one of " + classes + `, got "db.t4g.micro"`},
		{"database.instance_class", "", "must be one of " + classes + `, got ""`},
		{"api.authorization", "none", `must be one of ["api_key" "iam" "jwt"], got "none"`},
		{"permissions_boundary", "/boundary", `must be empty or the name of a policy of the account, with its path, such as team/boundary, got "/boundary"`},
		{"permissions_boundary", "arn:aws:iam::123456789012:policy/boundary", `must be empty or the name of a policy of the account, with its path, such as team/boundary, got "arn:aws:iam::123456789012:policy/boundary"`},
		{"tags", map[string]string{"team": "payments & more"}, `.team must have at most 256 of A-Z a-z 0-9 space _ . : / = + @ -, got "payments & more"`},
		{"tags", map[string]string{"AWS:team": "payments"}, `.AWS:team must have a name of 1 to 128 of A-Z a-z 0-9 space _ . : / = + @ -, not beginning with aws:`},
		{"tags", map[string]string{"": "payments"}, `. must have a name of 1 to 128 of A-Z a-z 0-9 space _ . : / = + @ -, not beginning with aws:`},
		{"tags", map[string]string{"stage": "dev"}, ".stage is set by Fluxa itself"},
		{"tags", manyTags(), "must be at most 40, got 41"},
		{"alarms.email", "team", `must be empty, none, or an address such as team@example.com, got "team"`},
		{"alarms.email", "None", `must be empty, none, or an address such as team@example.com, got "None"`},
		{"alarms.email", "Team <team@example.com>", `must be empty, none, or an address such as team@example.com, got "Team <team@example.com>"`},
	} {
		t.Run(fmt.Sprintf("%s=%v", c.path, c.value), func(t *testing.T) {
			t.Parallel()
			_, err := Parse("x9", edited(t, "dev", changes{c.path: c.value}))
			refused(t, err, strings.Replace(c.path+" "+c.want, "tags .", "tags.", 1))
		})
	}
}

func manyTags() map[string]string {
	tags := map[string]string{}
	for i := range 41 {
		tags[fmt.Sprintf("t%02d", i)] = ""
	}
	return tags
}

func TestParse_takes_what_is_within_the_bounds_and_refuses_what_is_not(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path      string
		low, high int
		with      changes // without which the bounds are others
	}{
		{path: "database.storage_gib", low: 20, high: 59_578, with: changes{"database.max_storage_gib": 65_536}},
		{path: "database.backup_days", low: 1, high: 35},
		{path: "network.endpoint_zones", low: 1, high: 2},
		{path: "traces.requests_percent", low: 0, high: 100},
		{path: "payloads.glacier_days", low: 1, high: 3650, with: changes{"events.retention_days": 0}},
		{path: "payloads.old_version_days", low: 1, high: 3650},
		{path: "queue.batch_size", low: 1, high: 10_000, with: changes{"queue.batch_window_seconds": 1}},
		{path: "queue.batch_window_seconds", low: 0, high: 300},
		{path: "functions.ingest.memory_mib", low: 128, high: 10_240},
		{path: "functions.ingest.timeout_seconds", low: 3, high: 28},
		{path: "functions.ingest.reserved_concurrency", low: 0, high: 10_000},
		{path: "functions.processor.memory_mib", low: 512, high: 10_240},
		{path: "functions.processor.timeout_seconds", low: 3, high: 900},
		{path: "functions.processor.maximum_concurrency", low: 2, high: 1_000, with: changes{"database.proxy": true}},
		{path: "functions.query.memory_mib", low: 128, high: 10_240},
		{path: "functions.query.timeout_seconds", low: 3, high: 28},
		{path: "functions.query.reserved_concurrency", low: 0, high: 10_000, with: changes{"database.proxy": true}},
		{path: "functions.migrate.memory_mib", low: 128, high: 10_240},
		{path: "functions.migrate.timeout_seconds", low: 3, high: 900},
		{path: "functions.maintain.memory_mib", low: 128, high: 10_240},
		{path: "functions.maintain.timeout_seconds", low: 3, high: 900},
		{path: "functions.authorize.memory_mib", low: 128, high: 10_240},
		{path: "functions.authorize.timeout_seconds", low: 3, high: 28},
		{path: "events.retention_days", low: 0, high: 36_500},
		{path: "events.maintain_every_hours", low: 1, high: 24},
		{path: "events.export_retention_days", low: 0, high: 36_500},
		{path: "api.rate_per_second", low: 1, high: 10_000},
		{path: "api.burst", low: 1, high: 5_000},
		{path: "api.firewall_rate_per_5_minutes", low: 16_610, high: 2_000_000_000, with: changes{"api.firewall": true}},
		{path: "alarms.dlq_depth", low: 1, high: 1_000_000},
		{path: "alarms.retried", low: 1, high: 1_000_000},
		{path: "alarms.notifications_failed", low: 1, high: 1_000_000},
		{path: "alarms.error_rate_percent", low: 1, high: 100},
		{path: "alarms.throttles", low: 1, high: 1_000_000},
		{path: "alarms.api_5xx_percent", low: 1, high: 100},
		{path: "alarms.queue_age_seconds", low: 60, high: 345_599},
		{path: "alarms.end_to_end_p99_ms", low: 100, high: 3_600_000},
		{path: "alarms.concurrency_percent", low: 1, high: 100},
		{path: "alarms.database_cpu_percent", low: 1, high: 100},
		{path: "alarms.database_free_storage_gib", low: 1, high: 19},
		{path: "alarms.database_free_memory_mib", low: 1, high: 1023},
		{path: "alarms.database_connections_percent", low: 1, high: 100},
	} {
		t.Run(c.path, func(t *testing.T) {
			t.Parallel()
			try := func(value int) error {
				all := changes{c.path: value}
				for path, other := range c.with {
					all[path] = other
				}
				_, err := Parse("x9", edited(t, "dev", all))
				return err
			}
			for _, good := range []int{c.low, c.high} {
				if err := try(good); err != nil {
					t.Errorf("%d: %v", good, err)
				}
			}
			switch c.path {
			case "database.storage_gib":
				// Its upper bound is what leaves a tenth to max_storage_gib.
				refused(t, try(19), "database.storage_gib must be 20 to 65536, got 19")
				refused(t, try(59_579), "database.max_storage_gib must be 65537 (a tenth above database.storage_gib) to 65536, got 65536")
			case "alarms.queue_age_seconds":
				refused(t, try(59), "alarms.queue_age_seconds must be 60 to 345600, got 59")
				refused(t, try(345_600), "alarms.queue_age_seconds must be less than the 345600 seconds that the queue keeps a message")
			case "api.firewall_rate_per_5_minutes":
				const want = "api.firewall_rate_per_5_minutes must be 16610 (5 minutes of api.rate_per_second, api.burst, and a tenth of both) to 2000000000, got %d: one producer may send all that the API takes"
				refused(t, try(16_609), fmt.Sprintf(want, 16_609))
				refused(t, try(2_000_000_001), fmt.Sprintf(want, 2_000_000_001))
			default:
				refused(t, try(c.low-1), fmt.Sprintf("%s must be %d to %d, got %d", c.path, c.low, c.high, c.low-1))
				refused(t, try(c.high+1), fmt.Sprintf("%s must be %d to %d, got %d", c.path, c.low, c.high, c.high+1))
			}
		})
	}
}

const certificate = "arn:aws:acm:eu-west-1:123456789012:certificate/0f3a1c52-6d0e-4f5b-9a0e-2b9f5d1c7e11"

func TestParse_refuses_values_that_do_not_go_together(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		base string
		with changes
		want []string
	}{
		"more zones than any region has": {"prod", changes{"network.availability_zones": 4, "network.zones": []string{}}, []string{
			"network.availability_zones must be 2 to 3, got 4",
		}},
		"one zone": {"dev", changes{"network.availability_zones": 1}, []string{
			"network.availability_zones must be 2 to 3, got 1", "network.availability_zones must be 2 where region is empty: not every region has 1",
		}},
		"three zones of a region that is not named": {"dev", changes{"network.availability_zones": 3}, []string{
			"network.availability_zones must be 2 where region is empty: not every region has 3",
		}},
		"zones of another region": {"prod", changes{"region": "eu-west-1"}, []string{
			`network.zones must be empty, or network.availability_zones (3) different zones of region, such as us-east-1a where it is us-east-1, got ["us-east-1a" "us-east-1b" "us-east-1c"]`,
		}},
		"zones of a region that is not named": {"dev", changes{"network.zones": []string{"us-east-1a", "us-east-1b"}}, []string{
			`network.zones must be empty, or network.availability_zones (2) different zones of region, such as us-east-1a where it is us-east-1, got ["us-east-1a" "us-east-1b"]`,
		}},
		"fewer zones than there are to be": {"prod", changes{"network.zones": []string{"us-east-1a", "us-east-1b"}}, []string{
			`network.zones must be empty, or network.availability_zones (3) different zones of region, such as us-east-1a where it is us-east-1, got ["us-east-1a" "us-east-1b"]`,
		}},
		"a zone twice": {"prod", changes{"network.zones": []string{"us-east-1a", "us-east-1b", "us-east-1a"}}, []string{
			`network.zones must be empty, or network.availability_zones (3) different zones of region, such as us-east-1a where it is us-east-1, got ["us-east-1a" "us-east-1b" "us-east-1a"]`,
		}},
		"a Local Zone": {"prod", changes{"network.zones": []string{"us-east-1a", "us-east-1b", "us-east-1-bos-1a"}}, []string{
			`network.zones must be empty, or network.availability_zones (3) different zones of region, such as us-east-1a where it is us-east-1, got ["us-east-1a" "us-east-1b" "us-east-1-bos-1a"]`,
		}},
		"traces of what is not traced": {"dev", changes{"tracing": false}, []string{
			"traces.requests_percent must be 0 without tracing, got 1", "traces.requests_only must be false without tracing",
		}},
		"storage that cannot grow": {"dev", changes{"database.max_storage_gib": 21}, []string{
			"database.max_storage_gib must be 22 (a tenth above database.storage_gib) to 65536, got 21",
		}},
		"storage that grows beyond what RDS has": {"dev", changes{"database.max_storage_gib": 65_537}, []string{
			"database.max_storage_gib must be 22 (a tenth above database.storage_gib) to 65536, got 65537",
		}},
		"a large batch without a window": {"dev", changes{"queue.batch_size": 11}, []string{
			"queue.batch_window_seconds must be at least 1 for a queue.batch_size above 10, got 0",
		}},
		"fewer pollers than Lambda keeps": {"dev", changes{"queue.minimum_pollers": 1, "queue.maximum_pollers": 2, "functions.processor.maximum_concurrency": 20}, []string{
			"queue.minimum_pollers must be 2 to 200, got 1",
		}},
		"fewer pollers at most than at least": {"dev", changes{"queue.minimum_pollers": 3, "queue.maximum_pollers": 2, "functions.processor.maximum_concurrency": 20}, []string{
			"queue.maximum_pollers must be 3 to 100, got 2",
		}},
		"pollers for more calls than a function may have": {"dev", changes{
			"queue.minimum_pollers": 2, "queue.maximum_pollers": 101, "functions.processor.maximum_concurrency": 1_000, "database.proxy": true,
		}, []string{
			"queue.maximum_pollers must be 2 to 100, got 101",
			"functions.processor.maximum_concurrency must be 1010, 10 for each of queue.maximum_pollers: with pollers of its own a queue has no other bound, got 1000",
		}},
		"pollers without a least number": {"dev", changes{"queue.maximum_pollers": 2}, []string{
			"queue.maximum_pollers must be 0 without queue.minimum_pollers, got 2",
		}},
		"pollers that make another number of calls": {"dev", changes{"queue.minimum_pollers": 2, "queue.maximum_pollers": 2}, []string{
			"functions.processor.maximum_concurrency must be 20, 10 for each of queue.maximum_pollers: with pollers of its own a queue has no other bound, got 5",
		}},
		"the network of no collector": {"dev", changes{"otlp.network": "10.40.0.0/16"}, []string{
			`otlp.network must be empty without otlp.endpoint, got "10.40.0.0/16"`,
		}},
		"a collector that the functions cannot reach": {"dev", changes{"otlp.endpoint": "http://collector:4318"}, []string{
			`otlp.network must be the IPv4 network of otlp.endpoint, such as 10.40.0.0/16, got ""`,
			`otlp.peering or otlp.transit_gateway must lead to otlp.network, one of them, got "" and ""`,
		}},
		"a collector in the stage's own network": {"dev", changes{"otlp.endpoint": "http://collector:4318", "otlp.network": "10.20.128.0/20", "otlp.peering": "pcx-0a1b2c3d"}, []string{
			`otlp.network must not overlap network.cidr 10.20.0.0/16, got "10.20.128.0/20"`,
		}},
		"a collector by gRPC": {"dev", changes{"otlp.endpoint": "grpc://collector:4317", "otlp.network": "10.40.0.1/16", "otlp.peering": "tgw-0a1b2c3d", "otlp.transit_gateway": "pcx-0a1b2c3d"}, []string{
			`otlp.endpoint must be empty or a URL such as http://collector.example.internal:4318, got "grpc://collector:4317"`,
			`otlp.network must be the IPv4 network of otlp.endpoint, such as 10.40.0.0/16, got "10.40.0.1/16"`,
			`otlp.peering must be empty or the id of a peering connection such as pcx-0a1b2c3d4e5f67890, got "tgw-0a1b2c3d"`,
			`otlp.transit_gateway must be empty or the id of a transit gateway such as tgw-0a1b2c3d4e5f67890, got "pcx-0a1b2c3d"`,
			`otlp.peering or otlp.transit_gateway must lead to otlp.network, one of them, got "tgw-0a1b2c3d" and "pcx-0a1b2c3d"`,
		}},
		"a rate of a firewall that is not there": {"dev", changes{"api.firewall_rate_per_5_minutes": 1}, []string{
			"api.firewall_rate_per_5_minutes must be 0 without api.firewall, got 1",
		}},
		"a firewall without a rate": {"dev", changes{"api.firewall": true}, []string{
			"api.firewall_rate_per_5_minutes must be 16610 (5 minutes of api.rate_per_second, api.burst, and a tenth of both) to 2000000000, got 0: one producer may send all that the API takes",
		}},
		"a firewall that refuses what the API promises": {"prod", changes{"api.firewall_rate_per_5_minutes": 60_000}, []string{
			"api.firewall_rate_per_5_minutes must be 332200 (5 minutes of api.rate_per_second, api.burst, and a tenth of both) to 2000000000, got 60000: one producer may send all that the API takes",
		}},
		"tokens of nobody": {"dev", changes{"api.authorization": "jwt"}, []string{
			`api.jwt.issuer must be an https URL such as https://login.example.com, got ""`, "api.jwt.audience must be what tokens have in aud where api.authorization is jwt",
		}},
		"tokens without TLS": {"dev", changes{"api.authorization": "jwt", "api.jwt.issuer": "http://login.example.com", "api.jwt.audience": "fluxa"}, []string{
			`api.jwt.issuer must be an https URL such as https://login.example.com, got "http://login.example.com"`,
		}},
		"tokens that nobody asks for": {"dev", changes{"api.jwt.audience": "fluxa"}, []string{"api.jwt must be empty where api.authorization is api_key"}},
		"a domain without a certificate": {"dev", changes{"api.domain.name": "events.example.com"}, []string{
			`api.domain.certificate_arn must be the ARN of a certificate in ACM, or empty as api.domain.name, got ""`,
		}},
		"a certificate without a domain": {"dev", changes{"api.domain.certificate_arn": certificate}, []string{
			`api.domain.name must be a host name such as events.example.com, or empty as api.domain.certificate_arn, got ""`,
		}},
		"a domain of many names": {"dev", changes{"api.domain.name": "*.example.com", "api.domain.certificate_arn": certificate}, []string{
			`api.domain.name must be a host name such as events.example.com, or empty as api.domain.certificate_arn, got "*.example.com"`,
		}},
		"a certificate of another region": {"prod", changes{"api.domain.name": "events.example.com", "api.domain.certificate_arn": certificate}, []string{
			"api.domain.certificate_arn must be of the stage's region us-east-1, got \"" + certificate + "\"",
		}},
		"retained data that can be deleted": {"dev", changes{"removal": "retain", "alarms.email": "none"}, []string{
			"removal is retain, which wants database.deletion_protection and termination_protection",
		}},
		"retained data whose stack can be deleted": {"prod", changes{"termination_protection": false}, []string{
			"removal is retain, which wants database.deletion_protection and termination_protection",
		}},
		"retained data whose database can be deleted": {"prod", changes{"database.deletion_protection": false}, []string{
			"removal is retain, which wants database.deletion_protection and termination_protection",
		}},
		"retained data of whose alarms nobody hears": {"prod", changes{"alarms.email": ""}, []string{
			"alarms.email is empty where removal is retain: state an address, or none if somebody else subscribes to the topic of the alarms",
		}},
		"a stack to destroy with a protected database": {"dev", changes{"database.deletion_protection": true}, []string{
			"database.deletion_protection must be false where removal is destroy: the stack could not be destroyed",
		}},
		"queries that nothing bounds": {"dev", changes{"functions.query.reserved_concurrency": 0}, []string{
			"functions.query.reserved_concurrency must be at least 1 without database.proxy, or on aurora: nothing else bounds its connections to the database",
		}},
		"more connections than the database supports": {"dev", changes{"functions.processor.maximum_concurrency": 29}, []string{
			"functions may open 80 connections to the database, and a db.t4g.micro supports about 78: lower functions.processor.maximum_concurrency " +
				"or functions.query.reserved_concurrency, or choose a larger database.instance_class or database.maximum_acu, or database.proxy",
		}},
		"more connections than a cluster supports": {"dev", onAurora(changes{"functions.processor.maximum_concurrency": 69}), []string{
			"functions may open 160 connections to the database, and an instance of 1 ACU supports about 157: lower functions.processor.maximum_concurrency " +
				"or functions.query.reserved_concurrency, or choose a larger database.instance_class or database.maximum_acu, or database.proxy",
		}},
		"the settings of both engines": {"dev", changes{"database.engine": "aurora"}, []string{
			"database.instance_class must be empty where database.engine is aurora, got t4g.micro",
			"database.storage_gib must be 0 where database.engine is aurora, got 20",
			"database.max_storage_gib must be 0 where database.engine is aurora, got 100",
			"database.maximum_acu must be 1 to 256 by halves, got 0",
			"alarms.database_free_storage_gib must be 0 where database.engine is aurora, whose storage grows by itself, got 4",
			"alarms.database_capacity_percent must be 1 to 100, got 0",
		}},
		"capacities of an instance": {"dev", changes{
			"database.minimum_acu": 0.5, "database.maximum_acu": 1, "database.readers": 1, "alarms.database_capacity_percent": 90,
		}, []string{
			"database.minimum_acu must be 0 where database.engine is postgres, got 0.5",
			"database.maximum_acu must be 0 where database.engine is postgres, got 1",
			"database.readers must be 0 where database.engine is postgres, got 1",
			"alarms.database_capacity_percent must be 0 where database.engine is postgres, got 90",
		}},
		"a capacity that is no half": {"dev", onAurora(changes{"database.minimum_acu": 0.7}), []string{
			"database.minimum_acu must be 0 to 256 by halves, got 0.7",
		}},
		"less capacity at most than at least": {"dev", onAurora(changes{"database.minimum_acu": 2.5, "database.maximum_acu": 2}), []string{
			"database.maximum_acu must be 2.5 to 256 by halves, got 2",
		}},
		"more capacity than there is": {"dev", onAurora(changes{"database.maximum_acu": 256.5}), []string{
			"database.maximum_acu must be 1 to 256 by halves, got 256.5",
		}},
		"more readers than a cluster has": {"dev", onAurora(changes{"database.readers": 16}), []string{
			"database.readers must be 0 to 15, got 16",
		}},
		"a standby that is no instance": {"dev", onAurora(changes{"database.multi_az": true}), []string{
			"database.readers must be at least 1 with database.multi_az: they are the standby",
		}},
		"a proxy that lets nothing pause": {"dev", onAurora(changes{"database.proxy": true}), []string{
			"database.proxy must be false where database.minimum_acu is 0: a proxy is always connected, and nothing would pause",
		}},
		"queries of readers that nothing bounds": {"dev", onAurora(changes{
			"database.minimum_acu": 1, "database.readers": 1, "database.proxy": true, "functions.query.reserved_concurrency": 0,
		}), []string{
			"functions.query.reserved_concurrency must be at least 1 without database.proxy, or on aurora: nothing else bounds its connections to the database",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("x9", edited(t, c.base, c.with))
			refused(t, err, c.want...)
		})
	}
}

func TestParse_takes_what_goes_together(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		base string
		with changes
	}{
		"three zones of a named region":                   {"dev", changes{"network.availability_zones": 3, "region": "ap-southeast-2"}},
		"zones by name":                                   {"dev", changes{"region": "ap-northeast-1", "network.zones": []string{"ap-northeast-1a", "ap-northeast-1c"}}},
		"a region without their names":                    {"prod", changes{"region": "ap-northeast-1", "network.zones": []string{}}},
		"a region of its own partition":                   {"dev", changes{"region": "us-gov-west-1"}},
		"an account":                                      {"dev", changes{"account": "012345678901", "region": "eu-west-1"}},
		"the smallest network":                            {"dev", changes{"network.cidr": "10.20.4.0/22"}},
		"storage that grows by a tenth":                   {"dev", changes{"database.max_storage_gib": 22}},
		"ten messages at once without a window":           {"dev", changes{"queue.batch_size": 10}},
		"a stack that is protected, and data that is not": {"dev", changes{"termination_protection": true}},
		"queries that a proxy bounds":                     {"prod", changes{"functions.query.reserved_concurrency": 0}},
		"as many connections as the database supports":    {"dev", changes{"functions.processor.maximum_concurrency": 28, "functions.query.reserved_concurrency": 10}},
		"any number of connections behind a proxy":        {"prod", changes{"functions.processor.maximum_concurrency": 1000}},
		"Aurora that pauses":                              {"dev", onAurora(nil)},
		"Aurora at its largest":                           {"dev", onAurora(changes{"database.minimum_acu": 256, "database.maximum_acu": 256, "database.readers": 15, "database.multi_az": true})},
		"Aurora by halves, and a proxy":                   {"dev", onAurora(changes{"database.minimum_acu": 0.5, "database.maximum_acu": 1.5, "database.proxy": true})},
		"the next major version":                          {"dev", changes{"database.engine_version": "18"}},
		"IAM":                                             {"dev", changes{"api.authorization": "iam"}},
		"an address":                                      {"dev", changes{"alarms.email": "team+fluxa@example.com"}},
		"nobody":                                          {"dev", changes{"alarms.email": "none"}},
		"an address of prod":                              {"prod", changes{"alarms.email": "team@example.com"}},
		"a domain":                                        {"dev", changes{"api.domain.name": "events.example.com", "api.domain.certificate_arn": certificate}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse("x9", edited(t, c.base, c.with)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestParse_refuses_a_name_that_no_resource_could_carry(t *testing.T) {
	t.Parallel()
	raw := edited(t, "dev", nil)
	for _, name := range []string{"", "x", "X9", "9x", "x_9", "x9-", "-x9", "a--b", "a-stage-17-letter"} {
		_, err := Parse(name, raw)
		want := fmt.Sprintf(`stage %s: the file's name must be 2 to 16 of a-z 0-9 -, beginning with a letter, each - between two others, got %q`, name, name)
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	for _, name := range []string{"x9", "staging", "load-test", "a-b-c", "a-stage-16-lette"} {
		if _, err := Parse(name, raw); err != nil {
			t.Error(err)
		}
	}
}

func TestParse_tells_every_fault_at_once(t *testing.T) {
	t.Parallel()
	_, err := Parse("x9", edited(t, "dev", changes{
		"queue.batch_size": 0, "logs.level": "loud", "alarms.dlq_depth": 0, "database.deletion_protection": true,
	}))
	refused(t, err,
		`logs.level must be one of ["debug" "info" "warn" "error"], got "loud"`,
		"queue.batch_size must be 1 to 10000, got 0",
		"alarms.dlq_depth must be 1 to 1000000, got 0",
		"database.deletion_protection must be false where removal is destroy: the stack could not be destroyed")
}
