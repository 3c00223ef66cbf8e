package contract

// CheckEvent is the event with which the verify function asks a new version of a
// function whether it can work, before CodeDeploy sends it traffic. Neither API
// Gateway nor SQS sends such an event: theirs are larger objects.
const CheckEvent = `{"fluxa":"check"}`

// CheckAnswer is what a version answers.
type CheckAnswer struct {
	Checks []CheckResult `json:"checks"`
}

// CheckResult is what came of one check; Error is empty when it passed.
type CheckResult struct {
	Name  string `json:"name"`
	Error string `json:"error,omitempty"`
}
