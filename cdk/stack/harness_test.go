package stack_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"go.yaml.in/yaml/v3"

	"github.com/fluxa/fluxa/cdk/construct"
	"github.com/fluxa/fluxa/cdk/stack"
	"github.com/fluxa/fluxa/cdk/stage"
	"github.com/fluxa/fluxa/pkg/contract"
)

// The stages as they are deployed, and what only a test makes: dev once more, a stage
// whose settings are those that neither has, both after a restore, both in an existing
// VPC, and what another installation has in the same account. Each is synthesized once.
//
// All constructs live in one Node, which answers one question at a time. A test
// that asks it must not be parallel; one that only reads what was written may.
var deployed, others, adopting, joining, neighbouring func() (map[string]*platform, error)

// synthesizing keeps one app at a time in Node.
var synthesizing sync.Mutex

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	os.Setenv("CDK_VALIDATION", "false") // make synth validates the same templates
	folder, err := os.MkdirTemp("", "fluxa-stack-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder) // it is temporary
	deployed = sync.OnceValues(func() (map[string]*platform, error) {
		return synthesize(filepath.Join(folder, "deployed"), addDeployed)
	})
	others = sync.OnceValues(func() (map[string]*platform, error) {
		if _, err := deployed(); err != nil { // one after the other
			return nil, err
		}
		return synthesize(filepath.Join(folder, "others"), addOthers)
	})
	adopting = sync.OnceValues(func() (map[string]*platform, error) {
		if _, err := others(); err != nil {
			return nil, err
		}
		return synthesize(filepath.Join(folder, "adopting"), addAdopting)
	})
	joining = sync.OnceValues(func() (map[string]*platform, error) {
		return synthesize(filepath.Join(folder, "joining"), addJoining)
	})
	neighbouring = sync.OnceValues(func() (map[string]*platform, error) {
		return synthesize(filepath.Join(folder, "neighbouring"), addNeighbours)
	})
	defer jsii.Close()
	return m.Run()
}

func dev(t *testing.T) *platform  { return one(t, deployed, "dev") }
func prod(t *testing.T) *platform { return one(t, deployed, "prod") }

// both are the deployed stages.
func both(t *testing.T) []*platform { return []*platform{dev(t), prod(t)} }

// again is dev, synthesized anew beside another stage and in another folder.
func again(t *testing.T) *platform { return one(t, others, "dev") }

// first is prod as it is deployed for the first time.
func first(t *testing.T) *platform { return one(t, others, "prod") }

// abroad is a stage that differs from both wherever it can, see addOthers.
func abroad(t *testing.T) *platform { return one(t, others, "abroad") }

// paused is dev on Aurora, which pauses when nobody works, and with clients.
func paused(t *testing.T) *platform { return one(t, others, "paused") }

func one(t *testing.T, of func() (map[string]*platform, error), name string) *platform {
	t.Helper()
	platforms, err := of()
	if err != nil {
		t.Fatal(err)
	}
	return platforms[name]
}

// synthesize makes an app with the context of cdk.json and writes its assembly.
// The zips are stand-ins of constant content: nothing is compiled, and a template
// changes with the infrastructure alone. What the CDK panics with, such as the
// findings of the policy checks, is the error.
func synthesize(folder string, add func(awscdk.App, string) ([]stage.Stage, error)) (platforms map[string]*platform, err error) {
	synthesizing.Lock()
	defer synthesizing.Unlock()
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("synthesize: %v", panicked)
		}
	}()
	if _, err := exec.LookPath("node"); err != nil && os.Getenv("JSII_NODE") == "" {
		return nil, fmt.Errorf("the CDK's constructs run in Node.js: %w; install it", err)
	}
	zips, out := filepath.Join(folder, "zips"), filepath.Join(folder, "cdk.out")
	if err := writeZips(zips); err != nil {
		return nil, err
	}
	values, err := flags()
	if err != nil {
		return nil, err
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(out), Context: &values, AnalyticsReporting: jsii.Bool(false)})
	stages, err := add(app, zips)
	if err != nil {
		return nil, err
	}
	app.Synth(nil)
	platforms = map[string]*platform{}
	for _, settings := range stages {
		made := app.Node().FindChild(jsii.String(settings.Name)).(awscdk.Stage)
		if platforms[settings.Name], err = readPlatform(made, settings, out); err != nil {
			return nil, err
		}
	}
	return platforms, nil
}

// flags are what the CDK CLI passes to the app: the feature flags of cdk.json, and
// two that it sets itself.
func flags() (map[string]any, error) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "cdk.json"))
	if err != nil {
		return nil, err
	}
	var file struct{ Context map[string]any }
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("cdk.json: %w", err)
	}
	if len(file.Context) == 0 {
		return nil, errors.New("cdk.json has no context: the templates would not be those that are deployed")
	}
	file.Context["aws:cdk:enable-path-metadata"], file.Context["aws:cdk:enable-asset-metadata"] = true, true
	return file.Context, nil
}

func writeZips(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, function := range contract.Packaged() {
		var raw bytes.Buffer
		archive := zip.NewWriter(&raw)
		entry, err := archive.CreateHeader(&zip.FileHeader{
			Name: "bootstrap", Method: zip.Store, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC),
		})
		if err != nil {
			return err
		}
		if _, err := entry.Write([]byte("stands in for " + function)); err != nil {
			return err
		}
		if err := archive.Close(); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, string(function)+".zip"), raw.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func addDeployed(app awscdk.App, zips string) ([]stage.Stage, error) {
	stages, err := stage.All()
	if err != nil {
		return nil, err
	}
	return stages, stack.AddPlatforms(app, zips)
}

// tokens is the stage abroad with callers who bring tokens.
func tokens(t *testing.T) *platform { return one(t, others, "tokens") }

// addOthers adds dev once more, prod as it is deployed first, the stage abroad, that
// with tokens, and the paused one.
func addOthers(app awscdk.App, zips string) ([]stage.Stage, error) {
	stages, err := stage.All()
	if err != nil {
		return nil, err
	}
	abroad, err := settingsAbroad(stages)
	if err != nil {
		return nil, err
	}
	app.Node().SetContext(jsii.String("stage"), "dev")
	if err := stack.AddPlatforms(app, zips); err != nil {
		return nil, err
	}
	paused, err := settingsPaused(stages)
	if err != nil {
		return nil, err
	}
	withTokens := abroad
	withTokens.Name, withTokens.NamePrefix, withTokens.API.Authorization, withTokens.API.Domain = "tokens", "", stage.JWT, stage.Domain{}
	withTokens.API.JWT = stage.Tokens{Issuer: "https://login.example.com/", Audience: "fluxa"}
	withTokens.API.Clients = map[string]stage.Client{"orders": {Reads: stage.ReadsOwn, Caller: "auth0|orders"}}
	for _, s := range []stage.Stage{named(stages, "prod").Unprotected(), abroad, withTokens, paused} {
		stack.NewPlatform(app, s, stack.Materials{Zips: zips, Rates: construct.Rates{Currency: "USD", AsOf: "2026-01-31"}})
	}
	return []stage.Stage{named(stages, "dev"), named(stages, "prod"), abroad, withTokens, paused}, nil
}

// settingsPaused moves dev to Aurora with a reader, and gives it clients.
func settingsPaused(stages []stage.Stage) (stage.Stage, error) {
	s := named(stages, "dev")
	s.Database.Engine, s.Database.InstanceClass, s.Database.StorageGiB, s.Database.MaxStorageGiB = stage.Aurora, "", 0, 0
	s.Database.MaximumACU, s.Database.Readers = 1, 1
	s.Database.BackupCopy = stage.BackupCopy{VaultARN: "arn:aws:backup:us-east-1:210987654321:backup-vault:central", Days: 7}
	s.Encryption.CustomerKey = true
	s.Traces = stage.Traces{RequestsPercent: 5}
	s.Alarms.DatabaseFreeStorageGiB, s.Alarms.DatabaseCapacityPercent = 0, 90
	s.API.Clients = map[string]stage.Client{
		"orders":  {RatePerSecond: 40, Burst: 80, Keys: []string{"b", "a"}, Reads: stage.ReadsOwn},
		"reports": {RatePerSecond: 1, Burst: 2, Keys: []string{"a"}, Reads: stage.ReadsAll},
	}
	return checked("paused", s)
}

// checked is the stage as if it were read from a file.
func checked(name string, s stage.Stage) (stage.Stage, error) {
	raw, err := yaml.Marshal(s)
	if err != nil {
		return s, err
	}
	return stage.Parse(name, raw)
}

func named(stages []stage.Stage, name string) stage.Stage {
	return stages[slices.IndexFunc(stages, func(s stage.Stage) bool { return s.Name == name })]
}

// settingsAbroad turns every choice of prod round.
func settingsAbroad(stages []stage.Stage) (stage.Stage, error) {
	s := named(stages, "prod")
	s.Account, s.Region, s.Network.Zones = "210987654321", "eu-west-1", []string{"eu-west-1b", "eu-west-1c", "eu-west-1a"}
	s.NamePrefix, s.Tags, s.PermissionsBoundary = "acme-", map[string]string{"team": "payments"}, "team/boundary"
	s.Logs.Level, s.Logs.SystemLevel, s.Tracing, s.Traces, s.Release = "debug", "info", false, stage.Traces{}, stage.AllAtOnce
	s.OTLP = stage.OTLP{Endpoint: "http://collector.example.internal:4318", Network: "10.40.0.0/16", Peering: "pcx-0a1b2c3d4e5f67890"}
	s.Database.Proxy, s.Database.EngineVersion = false, "18"
	s.Database.BackupCopy = stage.BackupCopy{VaultARN: "arn:aws:backup:us-east-1:210987654321:backup-vault:central", Hour: 12, Days: 35}
	s.Encryption = stage.Encryption{CustomerKey: true, Database: true}
	s.API.AccountRole, s.API.Authorization, s.API.ValidateBodies, s.API.Firewall, s.API.FirewallRatePer5Minutes = false, stage.IAM, false, false, 0
	s.API.Domain = stage.Domain{Name: "events-abroad.example.com", CertificateARN: certificate}
	s.API.Clients = map[string]stage.Client{
		"orders": {Reads: stage.ReadsOwn, Caller: "arn:aws:iam::123456789012:role/team/orders"}, "reports": {Reads: stage.ReadsAll, Caller: "arn:aws:iam::123456789012:role/reports"},
	}
	s.Functions.Ingest.ReservedConcurrency = 0
	s.Events.DailyExport = "parquet"
	s.Queue = stage.Queue{BatchSize: 1000, BatchWindowSeconds: 300, MinimumPollers: 2, MaximumPollers: 5}
	s.Alarms.Email = "team@example.com"
	return checked("abroad", s)
}

func readJSON(path string, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
