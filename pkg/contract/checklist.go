package contract

// CheckStatus says how a check ended.
type CheckStatus string

// The ends of a check. A skipped one says nothing about what was to be checked.
const (
	CheckPassed  CheckStatus = "passed"
	CheckFailed  CheckStatus = "failed"
	CheckSkipped CheckStatus = "skipped"
)

// Check is what became of one check of a stack or of an account. Advice says what to do
// about a failed one.
type Check struct {
	Name   string      `json:"name"`
	Status CheckStatus `json:"status"`
	Detail string      `json:"detail"`
	Advice string      `json:"advice,omitempty"`
}
