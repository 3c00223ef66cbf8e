// Package terraform writes Fluxa's Terraform from the cloud assembly of its CDK
// app: one template a stack and stage in, the modules stateful and stateless and
// an environment a stage out. It makes no call to AWS and reads no Terraform.
//
// Each layer imports only those to the right of it:
//
//	terraform → merge → assembly → catalog → hcl → cdk/template
//
// template reads what the CDK synthesized, and assembly prepares its stages to be
// compared. merge makes one platform of them: what differs between the stages must
// be covered by a variable. This package gives each resource of the platform its
// blocks and its file. What a CloudFormation type becomes is data, in catalog; how
// a value is written is in hcl. Whatever the catalog does not know stops the export
// with the resource and the path of the property: nothing is left out silently.
package terraform
