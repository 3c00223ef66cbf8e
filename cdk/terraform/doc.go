// Package terraform writes Fluxa's Terraform from the cloud assembly of its CDK
// app: one template a stack and stage in, the modules stateful and stateless and
// an environment a stage out. It makes no call to AWS and reads no Terraform.
//
// What a CloudFormation type becomes is data (the table_*.go files): an entry a
// type, a line a property. What differs between the stages is found by comparing
// them, and must be covered by an entry of the variables table. Whatever neither
// knows stops the export with the resource and the path of the property: nothing
// is left out silently.
package terraform
