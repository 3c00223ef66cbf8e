// Package preflight compares what the templates of a stage ask of an AWS account with
// what the account gives, before anything is deployed. It changes nothing.
package preflight

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Plan is what a stage asks of its account.
type Plan struct {
	Stage           string
	Account, Region string // empty where the stage leaves it to whoever deploys
	Bootstrap       int    // the least version of the CDK's bootstrap stack
	Stacks          []Stack
	Reservations    map[string]int // concurrency by function
	Zones           []string       // those that are named
	ZoneCount       int
	Network         Network
	Database        string // the instance's name, empty without one
	StorageGiB      int
	SetsAPIRole     bool // the role by which API Gateway writes logs
	HasAPI          bool
}

// Network is the existing VPC that the stage is deployed into; all empty where it makes
// its own.
type Network struct {
	VPC, CIDR      string
	Subnets        []string
	MakesEndpoints bool
	RouteTables    []string // of the endpoint of S3 that it makes
}

// Stack is one of the stage's stacks.
type Stack struct {
	Name      string
	Protected bool // from being deleted
}

// environment returns what the stage is called in its tags: two installations of the
// account both have a stage dev, and their stacks begin with a prefix.
func (p Plan) environment() string {
	for _, s := range p.Stacks {
		if prefix, is := strings.CutSuffix(s.Name, contract.Named("", contract.StackPipeline, p.Stage)); is {
			return contract.Environment(prefix, p.Stage)
		}
	}
	return p.Stage
}

// ReadPlan reads a stage of a cloud assembly, which is what `make synth` writes.
// Returns an error that names the stages there are when it has none of the name.
func ReadPlan(folder, stage string) (Plan, error) {
	p := Plan{Stage: stage, Reservations: map[string]int{}}
	app, err := readManifest(folder)
	if err != nil {
		return p, err
	}
	var names []string
	for _, id := range slices.Sorted(maps.Keys(app.Artifacts)) {
		a := app.Artifacts[id]
		if a.Type != "cdk:cloud-assembly" {
			continue
		}
		if names = append(names, a.DisplayName); a.DisplayName == stage {
			return p, p.read(filepath.Join(folder, a.Properties.DirectoryName))
		}
	}
	return p, fmt.Errorf("%s has no stage %q: it has %s", folder, stage, strings.Join(names, ", "))
}

type manifest struct {
	Artifacts map[string]struct {
		Type        string `json:"type"`
		DisplayName string `json:"displayName"`
		Environment string `json:"environment"`
		Properties  struct {
			DirectoryName string `json:"directoryName"`
			TemplateFile  string `json:"templateFile"`
			StackName     string `json:"stackName"`
			Protected     bool   `json:"terminationProtection"`
			Bootstrap     int    `json:"requiresBootstrapStackVersion"`
		} `json:"properties"`
	} `json:"artifacts"`
}

func readManifest(folder string) (m manifest, err error) {
	return m, readJSON(filepath.Join(folder, "manifest.json"), &m)
}

func readJSON(path string, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the synthesized templates: %w; `make synth` writes them", err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("read the synthesized templates: %s: %w", path, err)
	}
	return nil
}

func (p *Plan) read(folder string) error {
	m, err := readManifest(folder)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(m.Artifacts)) {
		a := m.Artifacts[id]
		if a.Type != "aws:cloudformation:stack" {
			continue
		}
		account, region, _ := strings.Cut(strings.TrimPrefix(a.Environment, "aws://"), "/")
		if account != "unknown-account" {
			p.Account = account
		}
		if region != "unknown-region" {
			p.Region = region
		}
		p.Bootstrap = max(p.Bootstrap, a.Properties.Bootstrap)
		p.Stacks = append(p.Stacks, Stack{a.Properties.StackName, a.Properties.Protected})
		if err := p.readTemplate(filepath.Join(folder, a.Properties.TemplateFile)); err != nil {
			return err
		}
	}
	if p.Network.VPC == "" {
		p.Network = Network{}
	}
	if len(p.Stacks) == 0 {
		return fmt.Errorf("%s has no stack", folder)
	}
	return nil
}

func (p *Plan) readTemplate(path string) error {
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				FunctionName                 any
				ReservedConcurrentExecutions int
				AvailabilityZone             any
				DBInstanceIdentifier         any
				AllocatedStorage             json.Number
				networkProperties
			}
		}
	}
	if err := readJSON(path, &template); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(template.Resources)) {
		r := template.Resources[id]
		switch properties := r.Properties; r.Type {
		case "AWS::Lambda::Function":
			if name, is := properties.FunctionName.(string); is && properties.ReservedConcurrentExecutions > 0 {
				p.Reservations[name] = properties.ReservedConcurrentExecutions
			}
		case "AWS::EC2::SecurityGroup", "AWS::EC2::VPCEndpoint", "AWS::RDS::DBSubnetGroup":
			p.Network.read(r.Type, properties.networkProperties)
		case "AWS::EC2::Subnet":
			p.ZoneCount++
			if name, is := properties.AvailabilityZone.(string); is {
				p.Zones = append(p.Zones, name)
			}
		case "AWS::RDS::DBInstance":
			if storage, err := properties.AllocatedStorage.Int64(); err == nil {
				p.Database, _ = properties.DBInstanceIdentifier.(string)
				p.StorageGiB = int(storage)
			}
		case "AWS::ApiGateway::RestApi":
			p.HasAPI = true
		case "AWS::ApiGateway::Account":
			p.SetsAPIRole = true
		}
	}
	return nil
}
