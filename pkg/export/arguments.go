package export

import (
	"slices"
	"strings"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/fault"
)

// nameLimit bounds the name of an export, in characters.
const nameLimit = 128

// Arguments are those of the operation. Name is the folder of the export under
// contract.ExportPrefix. Bucket is the one that the caller expects; empty for any.
type Arguments struct {
	Bucket string      `json:"bucket,omitzero"`
	Range  event.Range `json:"range"`
	Format string      `json:"format"`
	Name   string      `json:"name"`
}

// Check returns an InvalidValue fault that names the argument which cannot be used. A
// range is checked by each step, by its clock.
func (a Arguments) Check() error {
	switch {
	case !slices.Contains(contract.ExportFormats(), a.Format):
		return fault.Newf(fault.InvalidValue, "format is %q, it must be one of %s", a.Format, strings.Join(contract.ExportFormats(), ", "))
	case !validName(a.Name):
		return fault.Newf(fault.InvalidValue, "name is %q, it must be folders with a / between them, each of a-z 0-9 . _ - and none of them . or .., in all 1 to %d characters", a.Name, nameLimit)
	case strings.HasPrefix(a.Name, contract.DailyExport):
		return fault.Newf(fault.InvalidValue, "name is %q, but what begins with %s is kept for the daily exports", a.Name, contract.DailyExport)
	}
	return nil
}

func validName(name string) bool {
	if name == "" || len(name) > nameLimit {
		return false
	}
	for folder := range strings.SplitSeq(name, "/") {
		if folder == "" || folder == "." || folder == ".." || strings.Trim(folder, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
			return false
		}
	}
	return true
}
