package privilege

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxa/fluxa/cdk/template"
)

// permit reads all policies that concern the role.
func (t *templates) permit(f *Function, role *template.Resource) error {
	var errs []error
	read := func(where *template.Resource, document template.Value, concerns func(statement template.Value) bool) {
		if err := t.read(f, where, document, concerns); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", t.name(where), err))
		}
	}
	isRole := func(v template.Value) bool { return t.resolve(v).resource == role }
	always := func(template.Value) bool { return true }

	for _, inline := range list(role.At("Policies")) {
		read(role, template.At(inline, "PolicyDocument"), always)
	}
	managed := t.managed(f, role)
	policies := []string{"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"}
	for _, r := range t.All(policies...) {
		named := slices.Concat(list(r.At("Roles")), list(r.At("RoleName")))
		if slices.Contains(managed, r) || slices.ContainsFunc(named, isRole) {
			read(r, r.At("PolicyDocument"), always)
		}
	}
	ofResources := []string{"AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::KMS::Key", "AWS::SecretsManager::ResourcePolicy"}
	for _, r := range t.All(ofResources...) {
		for _, property := range []string{"PolicyDocument", "KeyPolicy", "ResourcePolicy"} {
			read(r, r.At(property), func(statement template.Value) bool {
				return slices.ContainsFunc(list(template.At(statement, "Principal", "AWS")), isRole)
			})
		}
	}
	return errors.Join(errs...)
}

// managed returns the managed policies of the role that the templates have. The
// others, AWS's own above all, are a problem of the function.
func (t *templates) managed(f *Function, role *template.Resource) []*template.Resource {
	var out []*template.Resource
	for _, arn := range list(role.At("ManagedPolicyArns")) {
		policy := t.resolve(arn)
		if policy.resource == nil {
			f.problem("the managed policy %s is attached, and its statements are not in the templates: write the actions that are needed", policy.text)
			continue
		}
		out = append(out, policy.resource)
	}
	return out
}

// read adds the statements of a document that concern the role.
func (t *templates) read(f *Function, where *template.Resource, document template.Value, concerns func(template.Value) bool) error {
	for _, one := range list(template.At(document, "Statement")) {
		if !concerns(one) {
			continue
		}
		statement, is := one.(template.Object)
		if !is {
			return fmt.Errorf("a statement is %v: it must be an object", one)
		}
		if statement["NotAction"] != nil || statement["NotResource"] != nil {
			return errors.New("a statement has NotAction or NotResource: it must name what it is about")
		}
		var condition []byte
		if statement["Condition"] != nil {
			var err error
			if condition, err = json.Marshal(t.write(statement["Condition"])); err != nil {
				return fmt.Errorf("write a condition as JSON: %w", err)
			}
		}
		into := &f.Allow
		switch statement["Effect"] {
		case "Allow":
		case "Deny":
			into = &f.Deny
		default:
			return fmt.Errorf("a statement has the effect %v: it must be Allow or Deny", statement["Effect"])
		}
		for _, action := range list(statement["Action"]) {
			for _, on := range list(statement["Resource"]) {
				resource := t.resolve(on).text
				if where.Type == "AWS::KMS::Key" { // its policy knows no other resource, and calls it *
					resource = t.arn(where)
				}
				*into = append(*into, Statement{t.resolve(action).text, resource, string(condition)})
			}
		}
	}
	return nil
}
