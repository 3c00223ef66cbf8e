package catalog

import (
	"fmt"

	"github.com/fluxa/fluxa/cdk/terraform/hcl"
)

// What a stage's name with its prefix and its region have together, since each stage has a
// bucket fluxa-payloads-STAGE-ACCOUNT-REGION, of 63 characters at the most ("General purpose
// bucket naming rules", https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
// The first of them has the most beside the shortest region.
const (
	stageAndRegion = 63 - len("fluxa-payloads-") - len("-000000000000-")
	longestStage   = stageAndRegion - len("us-east-1")
	shortestStage  = 2
)

// Tags is the variable with the tags of a stage, which every tagged resource has
// beside Fluxa's own.
const Tags = "tags"

// environment is the variable with the stage's name, which no property has alone.
func environment() Variable {
	v := hcl.Variable("environment")
	return Variable{
		Name: "environment", Kind: String, Description: "The stage: it is in every name.",
		Validation: Validation{
			Condition: hcl.Op(hcl.Op(matching("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", v), "&&", hcl.Op(hcl.Func("length", v), ">=", hcl.Number(2))),
				"&&", hcl.Op(hcl.Func("length", v), "<=", hcl.Number(16))),
			Message: "environment must be 2 to 16 of a-z 0-9 -, a letter first, and each - between two others.",
			Refused: "load--test",
		},
	}
}

// namePrefix is the variable with what begins every name, which no property has alone.
// Which one is too long depends on the stage and the region: Terraform 1.5 lets no
// validation ask for another variable, and the provider refuses a bucket's name in the plan.
func namePrefix() Variable {
	v := hcl.Variable("name_prefix")
	return Variable{
		Name: "name_prefix", Kind: String, Description: "What every name begins with, such as acme-, for two installations in one account and region; empty for nothing.",
		Validation: Validation{
			Condition: hcl.Op(matching("^([a-z][a-z0-9]*(-[a-z0-9]+)*-)?$", v), "&&", hcl.Op(hcl.Func("length", v), "<=", hcl.Number(longestStage-shortestStage))),
			Message: fmt.Sprintf("name_prefix must be empty or of a-z 0-9 -, a letter first, no two - in a row and one at the end, such as acme-, and have at most %d characters.",
				longestStage-shortestStage),
			Refused: "acme",
		},
	}
}

// zip is the variable with the path of a function's zip.
func zip(function string) Variable {
	name := ZipVariable(function)
	return validated(name, String, "The zip of the function "+function+", as make package writes it.",
		hcl.Func("endswith", hcl.Variable(name), ".zip"), "be the path of a .zip file", function+".tar")
}
