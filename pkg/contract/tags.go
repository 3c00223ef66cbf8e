package contract

// The tags of every AWS resource of a stage: that it is Fluxa's, and which stage's, see
// Environment.
// The CDK sets the third, on what has no name of its own. No stage may set them.
const (
	TagApplication = "application"
	TagStage       = "stage"
	TagName        = "Name"
)

// AdoptedMetadata is the metadata of a stage's own database, in its template, that says
// which instance the stage uses in its place: the CDK writes it, the Terraform export
// reads it.
const AdoptedMetadata = "fluxa:adopted"
