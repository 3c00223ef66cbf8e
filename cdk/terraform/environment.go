package terraform

import (
	"slices"

	"github.com/fluxa/fluxa/cdk/template"
	"github.com/fluxa/fluxa/cdk/terraform/assembly"
	"github.com/fluxa/fluxa/cdk/terraform/catalog"
	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// environment writes one environment: the modules with the values of the stage.
func (e *exported) environment(stage *assembly.Stage, inputs map[string][]input) {
	folder := "envs/" + stage.Name + "/"
	main := newDocument()
	provider := main.Apart("provider", "aws")
	provider.Set("region", hcl.Variable("aws_region"))
	if stage.Account != "" {
		provider.Set("allowed_account_ids", hcl.Row{stage.Account})
	}
	given := []input{regionInput(stage)}
	for _, m := range e.linker.catalog.Modules {
		main.EmptyLine()
		main.Comment(m.Description)
		body := main.Block("module", m.Name)
		body.Set("source", "../../modules/"+m.Name)
		body.EmptyLine()
		var others hcl.Fields // what is no setting of the stage
		for _, in := range inputs[m.Name] {
			if c, is := e.linker.crossings[m.Name][in.Name]; is {
				others = append(others, hcl.Field{Name: in.Name, Value: hcl.ModuleOutput{Module: c.from, Name: c.name}})
			} else if function := catalog.ZipFunction(in.Name); function != "" {
				in.initial, in.set = "../../../../dist/"+function+".zip", true
				given = append(given, in)
				others = append(others, hcl.Field{Name: in.Name, Value: hcl.Variable(in.Name)})
			} else {
				body.Set(in.Name, e.platform.Values[in.Name][stage.Name])
			}
		}
		if len(others) > 0 {
			body.EmptyLine()
		}
		for _, other := range others {
			body.Set(other.Name, other.Value)
		}
	}
	e.add(folder+"main.tf", main)

	variables, example := newDocument(), newDocument("", "Copy this file to terraform.tfvars, and change what should be otherwise.")
	example.EmptyLine()
	for _, in := range given {
		in.declare(variables)
		if in.initial == nil {
			example.Comment(in.Name + ` = "eu-central-1" # else the region of your credentials`)
		} else {
			example.Set(in.Name, in.initial)
		}
	}
	e.add(folder+"variables.tf", variables)
	e.add(folder+"terraform.tfvars.example", example)
	e.add(folder+"versions.tf", versions(remoteState(stage)...))

	outputs := newDocument()
	for _, o := range e.linker.catalog.Outputs {
		output, module := e.output(o)
		if !slices.Contains(output.Stages, stage.Name) {
			continue
		}
		body := outputs.Apart("output", o.Name)
		body.Set("description", output.Description+".")
		body.Set("value", hcl.ModuleOutput{Module: module, Name: o.Name})
	}
	e.add(folder+"outputs.tf", outputs)
}

func regionInput(stage *assembly.Stage) input {
	in := input{Variable: catalog.Variable{Name: "aws_region", Kind: catalog.String, Description: "The region; null for that of the credentials."}, set: true}
	if stage.Region != "" {
		in.initial, in.Description = stage.Region, "The region."
	}
	return in
}

// versions writes what Terraform and the provider must be, with a comment for a
// state that is elsewhere. Before 6.8 the provider refused queues whose messages are
// larger than 256 KiB (https://github.com/hashicorp/terraform-provider-aws/pull/43710).
func versions(comment ...string) *hcl.Document {
	d := newDocument()
	body := d.Apart("terraform")
	body.Set("required_version", ">= 1.5")
	body.Apart("required_providers").Set("aws", template.Object{"source": "hashicorp/aws", "version": ">= 6.8, < 7"})
	if len(comment) > 0 {
		body.EmptyLine()
		body.Comment(comment...)
	}
	return d
}

func remoteState(stage *assembly.Stage) []string {
	return []string{
		"The state in S3, for a team: make the bucket first, with versioning.",
		`backend "s3" {`,
		`  bucket       = "my-terraform-state"`,
		`  key          = "` + stage.Prefix + `fluxa/` + stage.Name + `/terraform.tfstate"`,
		`  region       = "us-east-1"`,
		`  encrypt      = true`,
		`  use_lockfile = true`,
		`}`,
	}
}
