package privilege

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// permit reads all policies that bear on the role.
func (t *templates) permit(f *Function, role *resource) error {
	var errs []error
	read := func(where *resource, document value, concerns func(map[string]any) bool) {
		if err := t.read(f, where, document, concerns); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", where.name, err))
		}
	}
	isRole := func(stack string) func(any) bool {
		return func(one any) bool { return t.resolve(value{stack, one}).resource == role }
	}
	always := func(map[string]any) bool { return true }

	for _, inline := range list(role.properties["Policies"]) {
		read(role, value{role.stack, object(inline)["PolicyDocument"]}, always)
	}
	managed := t.managed(f, role)
	for _, r := range t.order {
		document := r.get("PolicyDocument")
		switch r.kind {
		case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy":
			named := slices.Concat(list(r.properties["Roles"]), list(r.properties["RoleName"]))
			if slices.Contains(managed, r) || slices.ContainsFunc(named, isRole(r.stack)) {
				read(r, document, always)
			}
			continue
		case "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy":
		case "AWS::KMS::Key":
			document = r.get("KeyPolicy")
		case "AWS::SecretsManager::ResourcePolicy":
			document = r.get("ResourcePolicy")
		default:
			continue
		}
		read(r, document, func(statement map[string]any) bool {
			return slices.ContainsFunc(list(object(statement["Principal"])["AWS"]), isRole(r.stack))
		})
	}
	return errors.Join(errs...)
}

// managed returns the managed policies of the role that the templates have. The
// others, AWS's own above all, are a problem of the function.
func (t *templates) managed(f *Function, role *resource) []*resource {
	var out []*resource
	for _, arn := range list(role.properties["ManagedPolicyArns"]) {
		policy := t.resolve(value{role.stack, arn})
		if policy.resource == nil {
			f.problem("the managed policy %s is attached, and its statements are not in the templates: write the actions that are needed", policy.text)
			continue
		}
		out = append(out, policy.resource)
	}
	return out
}

// read adds the statements of a document that concern the role.
func (t *templates) read(f *Function, where *resource, document value, concerns func(map[string]any) bool) error {
	for _, raw := range list(object(document.raw)["Statement"]) {
		statement := object(raw)
		if !concerns(statement) {
			continue
		}
		if statement["NotAction"] != nil || statement["NotResource"] != nil {
			return errors.New("a statement has NotAction or NotResource: it must name what it is about")
		}
		var condition []byte
		if statement["Condition"] != nil {
			var err error
			if condition, err = json.Marshal(statement["Condition"]); err != nil {
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
				resource := t.resolve(value{document.stack, on}).text
				if where.kind == "AWS::KMS::Key" { // its policy knows no other resource, and calls it *
					resource = attributeOf(where, "Arn").text
				}
				*into = append(*into, Statement{t.resolve(value{document.stack, action}).text, resource, string(condition)})
			}
		}
	}
	return nil
}
