package terraform

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	settings "github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/cdk/terraform/internal/schemaprovider"
)

// variation is what a team makes of the stages: dev, prod, and one that it adds.
type variation struct {
	stage   string // that is another
	change  func(dev, prod, added *settings.Stage)
	modules bool // whether to run the modules' tests, which take most of the time
}

func variedStages() map[string]variation {
	return map[string]variation{
		"dev_with_every_setting_changed":  {"dev", func(dev, prod, _ *settings.Stage) { changedDev(dev); behindTransit(prod) }, true},
		"prod_with_every_setting_changed": {"prod", func(dev, prod, added *settings.Stage) { addJoined(dev, added); changedProd(prod); differOnly(dev) }, false},
		"a_third_stage":                   {"load-test", addThird, false},
	}
}

// joined deploys a stage into an existing VPC that has the endpoints.
func joined(s *settings.Stage) {
	s.Network = settings.Network{Endpoints: settings.ExistingEndpoints, VPC: settings.VPC{
		ID: "vpc-0a1b2c3d4e5f67890", CIDR: "10.8.0.0/24", SubnetIDs: []string{"subnet-0a1b2c3d4e5f67890", "subnet-0a1b2c3d4e5f67891"},
	}}
}

// addJoined adds a stage like dev in an existing VPC, whose own routes lead to the
// collector, with copies of a cluster, where those of prod are of an instance.
func addJoined(dev, added *settings.Stage) {
	*added = *dev
	added.Name = "load-test"
	joined(added)
	added.Database.Engine, added.Database.InstanceClass, added.Database.StorageGiB, added.Database.MaxStorageGiB = settings.Aurora, "", 0, 0
	added.Database.MaximumACU, added.Database.Readers = 4, 1
	added.Alarms.DatabaseFreeStorageGiB, added.Alarms.DatabaseCapacityPercent = 0, 70
	added.Database.BackupCopy = settings.BackupCopy{VaultARN: "arn:aws:backup:eu-west-1:123456789012:backup-vault:other", Hour: 3, Days: 7}
	added.OTLP = settings.OTLP{Endpoint: "https://spans.example.com", Network: "10.53.0.0/24"}
}

// behindTransit reaches the collector by a transit gateway.
func behindTransit(s *settings.Stage) {
	s.OTLP = settings.OTLP{Endpoint: "https://spans.example.org", Network: "10.52.0.0/24", TransitGateway: "tgw-0a1b2c3d4e5f67891"}
}

// joinedWithEndpoints deploys a stage into one that has none.
func joinedWithEndpoints(s *settings.Stage) {
	joined(s)
	s.Network.Endpoints, s.Network.EndpointZones = settings.CreateEndpoints, 2
	s.Network.VPC.SubnetIDs = append(s.Network.VPC.SubnetIDs, "subnet-0a1b2c3d4e5f67892")
	s.Network.VPC.RouteTableIDs = []string{"rtb-0a1b2c3d4e5f67890", "rtb-0a1b2c3d4e5f67891", "rtb-0a1b2c3d4e5f67890"}
}

// differOnly has what changedProd has, of other values: callers who bring tokens of
// another issuer, and another collector behind another transit gateway.
func differOnly(s *settings.Stage) {
	s.OTLP = settings.OTLP{Endpoint: "https://spans.example.net", Network: "10.51.0.0/24", TransitGateway: "tgw-0f1e2d3c4b5a69780"}
	s.API.Authorization, s.API.JWT = settings.JWT, settings.Tokens{Issuer: "https://login.example.net", Audience: "events"}
}

// of returns dev and prod with the change, read as if they were files.
func (v variation) of(all []settings.Stage) ([]settings.Stage, error) {
	var added settings.Stage
	stages := []settings.Stage{stageOf(all, "dev"), stageOf(all, "prod")}
	if v.change(&stages[0], &stages[1], &added); added.Name != "" {
		stages = append(stages, added)
	}
	for i, s := range stages {
		raw, err := yaml.Marshal(s)
		if err != nil {
			return nil, err
		}
		if stages[i], err = settings.Parse(s.Name, raw); err != nil {
			return nil, err
		}
	}
	return stages, nil
}

// addThird adds a stage like dev in an existing VPC, which has no collector, while those of
// dev and prod are behind a peering connection each. Other people are told of alarms in each,
// at an address that may have the stage in its name. Dev and the third have pollers, and prod
// has none. All are on Aurora: the third on a cluster that stays, dev without Performance
// Insights, and prod with a key of its own that is not for the database. Callers show a key
// in dev, sign in prod, and bring a token to the third. All export each day, and two have
// copies of their database. Dev has clients with keys, one of them called as the stage, the
// third has some with tokens, and prod has none. Prod alone has no prefix.
func addThird(dev, prod, added *settings.Stage) {
	dev.NamePrefix = "acme-"
	dev.Queue.MinimumPollers, dev.Queue.MaximumPollers = 2, 3
	dev.Functions.Processor.MaximumConcurrency, dev.Functions.Query.ReservedConcurrency = 30, 5
	dev.Database = settings.Database{Engine: settings.Aurora, EngineVersion: "17", MaximumACU: 1, Readers: 1, BackupDays: 1, BackupWindow: "02:00-02:30", MaintenanceWindow: "sun:03:00-sun:03:30"}
	dev.Alarms.DatabaseFreeStorageGiB, dev.Alarms.DatabaseCapacityPercent = 0, 90
	*added = *dev
	added.Removal, added.TerminationProtection = settings.Retain, true
	added.Database = settings.Database{
		Engine: settings.Aurora, EngineVersion: "18", MinimumACU: 2, MaximumACU: 8.5, Readers: 2, MultiAZ: true, BackupDays: 3, BackupWindow: "04:00-05:00", MaintenanceWindow: "sat:23:30-sun:00:30", DeletionProtection: true,
	}
	dev.Network.FlowLogs = true
	dev.OTLP = settings.OTLP{Endpoint: "http://spans.example.internal:4318", Network: "10.50.0.0/16", Peering: "pcx-0f1e2d3c4b5a69780"}
	added.Traces, added.Alarms.DatabaseCapacityPercent = settings.Traces{RequestsPercent: 7}, 80
	added.Queue.MinimumPollers = 3
	joinedWithEndpoints(added)
	added.API.Authorization, added.API.JWT = settings.JWT, settings.Tokens{Issuer: "https://login.example.com/load-test", Audience: "fluxa"}
	dev.API.Clients = map[string]settings.Client{
		"dev":     {RatePerSecond: 1, Burst: 2, Keys: []string{"a"}, Reads: settings.ReadsAll},
		"orders":  {RatePerSecond: 40, Burst: 80, Keys: []string{"dev", "a"}, Reads: settings.ReadsOwn},
		"reports": {RatePerSecond: 3, Burst: 4, Keys: []string{"a"}, Reads: settings.ReadsAll},
	}
	added.API.Clients = map[string]settings.Client{"orders": {Reads: settings.ReadsOwn, Caller: "load-test|orders"}}
	dev.Events.DailyExport, prod.Events.DailyExport, added.Events.DailyExport = "parquet", "ndjson", "parquet"
	prod.API.Authorization = settings.IAM
	prod.OTLP = settings.OTLP{Endpoint: "https://spans.example.org", Network: "10.52.0.0/24", Peering: "pcx-0a1b2c3d4e5f67891"}
	prod.Database.Engine, prod.Database.InstanceClass, prod.Database.StorageGiB, prod.Database.MaxStorageGiB = settings.Aurora, "", 0, 0
	prod.Database.MinimumACU, prod.Database.MaximumACU, prod.Database.Readers = 2, 4, 1
	prod.Alarms.DatabaseFreeStorageGiB, prod.Alarms.DatabaseCapacityPercent = 0, 70
	dev.Encryption, added.Encryption = settings.Encryption{CustomerKey: true, Database: true}, settings.Encryption{CustomerKey: true, Database: true}
	prod.Encryption = settings.Encryption{CustomerKey: true}
	dev.Database.BackupCopy = settings.BackupCopy{VaultARN: "arn:aws:backup:eu-west-1:123456789012:backup-vault:dev", Days: 1}
	prod.Database.BackupCopy = settings.BackupCopy{VaultARN: "arn:aws:backup:us-west-2:123456789012:backup-vault:central", Hour: 12, Days: 35}
	const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/0f3a1c52-6d0e-4f5b-9a0e-2b9f5d1c7e1"
	dev.API.Domain = settings.Domain{Name: "events.example.com", CertificateARN: certificate + "1"}
	added.API.Domain = settings.Domain{Name: "load.example.com", CertificateARN: certificate + "2"}
	added.Name = "load-test"
	dev.Alarms.Email, added.Alarms.Email = "dev@example.com", "team@example.com"
}

func stageOf(stages []settings.Stage, name string) settings.Stage {
	return stages[slices.IndexFunc(stages, func(s settings.Stage) bool { return s.Name == name })]
}

func changedDev(s *settings.Stage) {
	s.Account, s.Region, s.Removal, s.TerminationProtection = "123456789012", "us-east-1", settings.Retain, true
	s.NamePrefix, s.Tags = "acme-", map[string]string{"team": "dev", "cost-center": "4711"}
	s.PermissionsBoundary = "boundary"
	s.OTLP = settings.OTLP{Endpoint: "http://collector.example.internal:4318", Network: "10.40.0.0/16", Peering: "pcx-0a1b2c3d4e5f67890"}
	s.Logs = settings.Logs{Level: "debug", SystemLevel: "info", RetentionDays: 30}
	s.Tracing, s.Traces = false, settings.Traces{}
	s.Network = settings.Network{CIDR: "10.99.16.0/20", AvailabilityZones: 3, Zones: []string{"us-east-1c", "us-east-1a", "us-east-1b"}, EndpointZones: 2, FlowLogs: true, Endpoints: settings.CreateEndpoints}
	s.Encryption = settings.Encryption{CustomerKey: true, Database: true}
	s.Database = settings.Database{
		Engine: settings.Aurora, EngineVersion: "16", MinimumACU: 2, MaximumACU: 8.5, Readers: 2, MultiAZ: true, BackupDays: 3, BackupWindow: "02:00-02:30", MaintenanceWindow: "sun:03:00-sun:03:30", DeletionProtection: true, Proxy: true,
		BackupCopy: settings.BackupCopy{VaultARN: "arn:aws:backup:eu-west-1:123456789012:backup-vault:central", Hour: 2, Days: 14},
	}
	s.Payloads = settings.Payloads{GlacierDays: 60, OldVersionDays: 14, AccessLogs: true}
	s.Queue = settings.Queue{BatchSize: 50, BatchWindowSeconds: 2, MinimumPollers: 2, MaximumPollers: 3}
	s.Functions.Ingest = settings.HTTPFunction{Function: settings.Function{MemoryMiB: 1536, TimeoutSeconds: 20}, ReservedConcurrency: 20}
	s.Functions.Processor = settings.QueueFunction{Function: settings.Function{MemoryMiB: 2048, TimeoutSeconds: 60}, MaximumConcurrency: 30}
	s.Functions.Query = settings.HTTPFunction{Function: settings.Function{MemoryMiB: 256, TimeoutSeconds: 21}, ReservedConcurrency: 5}
	s.Functions.Migrate = settings.Function{MemoryMiB: 512, TimeoutSeconds: 200}
	s.Functions.Maintain = settings.Function{MemoryMiB: 512, TimeoutSeconds: 202}
	s.Functions.Authorize = settings.Function{MemoryMiB: 512, TimeoutSeconds: 11}
	s.Events = settings.Events{RetentionDays: 400, MaintainEveryHours: 1, DailyExport: "parquet", ExportRetentionDays: 800}
	s.API = settings.API{Authorization: settings.JWT, JWT: settings.Tokens{Issuer: "https://login.example.com", Audience: "fluxa-dev"}, RatePerSecond: 60, Burst: 200, Firewall: true, FirewallRatePer5Minutes: 30_000,
		Domain:  settings.Domain{Name: "dev.example.com", CertificateARN: "arn:aws:acm:us-east-1:123456789012:certificate/dev"},
		Clients: map[string]settings.Client{"dev": {Reads: settings.ReadsAll, Caller: "ada"}, "dev-orders": {Reads: settings.ReadsOwn, Caller: "auth0|dev"}}}
	s.Release = settings.Canary
	s.Alarms = changedAlarms()
}

func changedProd(s *settings.Stage) {
	s.Account, s.Region, s.Removal, s.TerminationProtection = "123456789012", "", settings.Destroy, false
	s.NamePrefix, s.Tags = "team-9-", map[string]string{"team": "payments"}
	s.PermissionsBoundary = "team/boundary"
	s.OTLP = settings.OTLP{Endpoint: "https://collector.example.internal", Network: "10.41.0.0/24", TransitGateway: "tgw-0a1b2c3d4e5f67890"}
	s.Logs = settings.Logs{Level: "warn", SystemLevel: "info", RetentionDays: 365}
	s.Tracing, s.Traces = false, settings.Traces{}
	s.Network = settings.Network{CIDR: "10.98.0.0/22", AvailabilityZones: 2, EndpointZones: 1, Endpoints: settings.CreateEndpoints}
	s.Encryption = settings.Encryption{CustomerKey: true, Database: true}
	s.Database = settings.Database{
		Engine: settings.Postgres, EngineVersion: "18", InstanceClass: "m7g.xlarge", StorageGiB: 200, MaxStorageGiB: 2000, BackupDays: 30, BackupWindow: "04:00-05:00", MaintenanceWindow: "sat:23:30-sun:00:30",
		BackupCopy: settings.BackupCopy{VaultARN: "arn:aws:backup:us-west-2:123456789012:backup-vault:central", Hour: 12, Days: 35},
		Adopted:    adoptedBy("prod"),
	}
	s.Payloads = settings.Payloads{GlacierDays: 61, OldVersionDays: 15}
	s.Queue = settings.Queue{BatchSize: 10, MinimumPollers: 3, MaximumPollers: 4}
	s.Functions.Ingest = settings.HTTPFunction{Function: settings.Function{MemoryMiB: 1537, TimeoutSeconds: 22}}
	s.Functions.Processor = settings.QueueFunction{Function: settings.Function{MemoryMiB: 2049, TimeoutSeconds: 61}, MaximumConcurrency: 40}
	s.Functions.Query = settings.HTTPFunction{Function: settings.Function{MemoryMiB: 257, TimeoutSeconds: 23}, ReservedConcurrency: 15}
	s.Functions.Migrate = settings.Function{MemoryMiB: 513, TimeoutSeconds: 201}
	s.Functions.Maintain = settings.Function{MemoryMiB: 513, TimeoutSeconds: 203}
	s.Functions.Authorize = settings.Function{MemoryMiB: 513, TimeoutSeconds: 12}
	s.Events = settings.Events{RetentionDays: 401, MaintainEveryHours: 6, DailyExport: "ndjson", ExportRetentionDays: 801}
	s.API = settings.API{Authorization: settings.JWT, JWT: settings.Tokens{Issuer: "https://login.example.org", Audience: "fluxa-prod"}, RatePerSecond: 61, Burst: 201,
		Domain:  settings.Domain{Name: "prod.example.com", CertificateARN: "arn:aws:acm:us-east-1:123456789012:certificate/prod"},
		Clients: map[string]settings.Client{"orders": {Reads: settings.ReadsOwn, Caller: "orders"}}}
	s.Release = settings.AllAtOnce
	s.Alarms = changedAlarms()
	s.Alarms.DatabaseFreeStorageGiB, s.Alarms.DatabaseCapacityPercent = 5, 0
}

func adoptedBy(stage string) settings.Adopted {
	name := "fluxa-" + stage + "-restored"
	return settings.Adopted{
		Name: name, Host: name + ".c1a2b3c4d5e6.us-east-1.rds.amazonaws.com", ResourceID: "db-RESTORED" + strings.ToUpper(stage),
		SecretARN: "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-restored-" + stage,
	}
}

func changedAlarms() settings.Alarms {
	return settings.Alarms{
		Email: "team@example.com", DLQDepth: 3, Retried: 4, NotificationsFailed: 5, ErrorRatePercent: 7, Throttles: 9, API5xxPercent: 8, QueueAgeSeconds: 400,
		EndToEndP99Milliseconds: 40_000, ConcurrencyPercent: 70, DatabaseCPUPercent: 85, DatabaseCapacityPercent: 85, DatabaseFreeMemoryMiB: 80,
		DatabaseConnectionsPercent: 75,
	}
}

// TestVariations_change_every_setting keeps a new setting from being forgotten.
func TestVariations_change_every_setting(t *testing.T) {
	stages, err := settings.All()
	if err != nil {
		t.Fatal(err)
	}
	var own, other settings.Stage
	joinedWithEndpoints(&other)
	requireOther(t, "joined.VPC", reflect.ValueOf(own.Network.VPC), reflect.ValueOf(other.Network.VPC))
	for name, change := range map[string]func(*settings.Stage){"dev": changedDev, "prod": changedProd} {
		before := stageOf(stages, name)
		after := before
		change(&after)
		requireOther(t, name, reflect.ValueOf(before), reflect.ValueOf(after))
	}
}

// oneOfTwo are settings of which a stage has one: dev's variation has Aurora, and reaches
// the collector by a peering; prod's has an instance of RDS in place of its own, and
// reaches it by a transit gateway. Both have a network of their own, and stages that are
// added an existing one: see joined.
func oneOfTwo(path string) bool {
	return strings.HasPrefix(path, "dev.Database.Adopted.") || strings.Contains(path, ".Network.VPC.") || slices.Contains([]string{
		"prod.Database.Engine", "prod.Database.MinimumACU", "prod.Database.MaximumACU", "prod.Database.Readers", "prod.Alarms.DatabaseCapacityPercent",
		"dev.OTLP.TransitGateway", "prod.OTLP.Peering", "dev.Network.Endpoints", "prod.Network.Endpoints",
	}, path)
}

func requireOther(t *testing.T, path string, before, after reflect.Value) {
	t.Helper()
	for field, value := range before.Fields() {
		path := path + "." + field.Name
		switch other := after.FieldByIndex(field.Index); {
		case field.Name == "Name", oneOfTwo(path):
		case value.Kind() == reflect.Struct:
			requireOther(t, path, value, other)
		case reflect.DeepEqual(value.Interface(), other.Interface()):
			t.Errorf("%s is %v in the variation as well", path, value)
		}
	}
}

// TestVariation shows that the tables cover whatever the stages may differ in: the
// export of each variation plans what its templates have, and can be applied.
func TestVariation(t *testing.T) {
	for name, v := range variedStages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := comparison(t, variations[name])
			if c.planned[v.stage] == nil {
				t.Fatalf("there is no plan of %s", v.stage)
			}
			for _, source := range c.sources {
				if err := c.of(source, c.planned[source.Name]); err != nil {
					t.Error(err)
				}
			}
			w := workspace(t, environmentFolder(filepath.Dir(c.dist), v.stage), schemaprovider.Unknown)
			if _, err := w.Apply(t.Context(), region); err != nil {
				t.Error(err)
			}
			if v.modules {
				passOwnTests(t, filepath.Dir(c.dist))
			}
		})
	}
}

// TestVariation_says_in_its_environment_what_only_this_stage_has: dev is bound to an
// account, and its callers sign instead of showing a key; or only clients have keys in it.
func TestVariation_says_in_its_environment_what_only_this_stage_has(t *testing.T) {
	const changed, third = "dev_with_every_setting_changed", "a_third_stage"
	for _, c := range []struct {
		variation, stage, file, text string
		want                         bool
	}{
		{changed, "dev", "main.tf", `allowed_account_ids = ["123456789012"]`, true},
		{changed, "prod", "main.tf", "allowed_account_ids", false},
		{changed, "dev", "outputs.tf", `"api_key_id"`, false},
		{changed, "prod", "outputs.tf", `"api_key_id"`, true},
		{changed, "dev", "outputs.tf", `"api_key_ids"`, false},
		{third, "dev", "outputs.tf", `"api_key_id"`, false},
		{third, "dev", "outputs.tf", `"api_key_ids"`, true},
		{third, "load-test", "outputs.tf", `"api_key_ids"`, false},
		{third, "prod", "outputs.tf", `"api_key_ids"`, false},
		{third, "dev", "main.tf", `keys            = ["a", "dev"]`, true},
		{third, "load-test", "main.tf", `caller          = "https://login.example.com/load-test#load-test%7Corders"`, true},
		{third, "prod", "main.tf", "  api_clients                             = {}", true},
	} {
		repository, err := variations[c.variation].repository()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(environmentFolder(repository, c.stage), c.file))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(raw), c.text); got != c.want {
			t.Errorf("%s: %s of %s has %s: %v, want %v", c.variation, c.file, c.stage, c.text, got, c.want)
		}
	}
}
