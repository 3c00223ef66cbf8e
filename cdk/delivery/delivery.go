// Package delivery reads the GitHub Actions workflows that deploy Fluxa, and the
// stack of the roles that they take, so that tests can compare the two and run the
// workflows' commands.
package delivery

import (
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// Workflow is a file of .github/workflows.
type Workflow struct {
	On          any               `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Jobs        map[string]Job    `yaml:"jobs"`
}

// Job is one of a Workflow. One with Uses has the jobs of another workflow instead
// of steps.
type Job struct {
	If          string            `yaml:"if"`
	Needs       string            `yaml:"needs"`
	Uses        string            `yaml:"uses"`
	With        map[string]string `yaml:"with"`
	Environment string            `yaml:"environment"`
	Permissions map[string]string `yaml:"permissions"`
	Steps       []Step            `yaml:"steps"`
}

// Step is one of a Job: an action with inputs, or a script.
type Step struct {
	Uses string            `yaml:"uses"`
	With map[string]string `yaml:"with"`
	Run  string            `yaml:"run"`
}

// Scripts returns the scripts of the job's steps.
func (j Job) Scripts() []string {
	var out []string
	for _, s := range j.Steps {
		if s.Run != "" {
			out = append(out, s.Run)
		}
	}
	return out
}

// Workflows reads all workflows of the repository, by the names of their files.
func Workflows(root string) (map[string]Workflow, error) {
	files, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	if err != nil {
		return nil, err
	}
	out := map[string]Workflow{}
	for _, file := range files {
		var w Workflow
		if err := read(file, &w); err != nil {
			return nil, err
		}
		out[filepath.Base(file)] = w
	}
	return out, nil
}

// Role is one with which a workflow comes to AWS. Subject is that of the token for
// which it is given, and Policies say what it may do.
type Role struct {
	Name, Audience, Subject string
	Policies                []Statement
}

// Statement is one of a policy.
type Statement struct {
	Effect   string `yaml:"Effect"`
	Action   Texts  `yaml:"Action"`
	Resource Texts  `yaml:"Resource"`
}

// Texts is one text or a list of them.
type Texts []string

// UnmarshalYAML reads either form.
func (t *Texts) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		*t = Texts{node.Value}
		return nil
	}
	var list []string
	err := node.Decode(&list)
	*t = list
	return err
}

// AccessTemplate is the template of the stack of the roles.
const AccessTemplate = "infra/github/access.yaml"

// Roles reads the roles of the template, by their ids. Texts are as the template has
// them, with parameters such as ${Stage}.
func Roles(root string) (map[string]Role, error) {
	type statements struct {
		Statement []struct {
			Statement `yaml:",inline"`
			Condition struct {
				StringEquals map[string]string `yaml:"StringEquals"`
			} `yaml:"Condition"`
		} `yaml:"Statement"`
	}
	var template struct {
		Resources map[string]struct {
			Type       string `yaml:"Type"`
			Properties struct {
				RoleName string     `yaml:"RoleName"`
				Trust    statements `yaml:"AssumeRolePolicyDocument"`
				Policies []struct {
					Document statements `yaml:"PolicyDocument"`
				} `yaml:"Policies"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := read(filepath.Join(root, AccessTemplate), &template); err != nil {
		return nil, err
	}
	out := map[string]Role{}
	for id, r := range template.Resources {
		if r.Type != "AWS::IAM::Role" {
			continue
		}
		if len(r.Properties.Trust.Statement) != 1 {
			return nil, fmt.Errorf("%s: %s must trust one principal in one statement", AccessTemplate, id)
		}
		equal := r.Properties.Trust.Statement[0].Condition.StringEquals
		role := Role{
			Name:     r.Properties.RoleName,
			Audience: equal["token.actions.githubusercontent.com:aud"], Subject: equal["token.actions.githubusercontent.com:sub"],
		}
		for _, p := range r.Properties.Policies {
			for _, s := range p.Document.Statement {
				role.Policies = append(role.Policies, s.Statement)
			}
		}
		out[id] = role
	}
	return out, nil
}

func read(file string, into any) error {
	raw, err := os.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(raw, into)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	return nil
}
