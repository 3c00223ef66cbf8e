package simulation

import (
	"github.com/fluxa/fluxa/proof/mistake"
)

// mistakes are those in the use cases, and those in what the simulation runs beside them.
func mistakes() []mistake.Mistake {
	return append(mistake.OfUseCases(), []mistake.Mistake{
		{Name: "the conflict of a key is ignored by the store", Edits: []mistake.Edit{{
			File: "pkg/process/processtest/memory.go",
			Old:  "if known && row.Status == process.StatusSuccess {", New: "if known && row.Status == process.StatusSuccess && row.SHA256 == \"\" {",
		}}},
		{Name: "a redrive that SQS takes for a copy of an earlier one", Edits: []mistake.Edit{{
			File: "proof/simulation/environments_test.go",
			Old:  "				w.queue.send(l.body, withoutErrors(l.attributes), l.binary)\n",
			New:  "				if w.crashes[l.body]++; w.crashes[l.body] == 1 {\n					w.queue.send(l.body, withoutErrors(l.attributes), l.binary)\n				}\n",
		}}},
	}...)
}

// inCI returns the names of the mistakes that CI has found. Of the others it looks whether
// their edits fit.
func inCI() []string {
	return []string{
		"acknowledged whether the commit succeeded or not",
		"published before the commit",
		"noted as announced before it is published",
		"the hash of a duplicate not compared",
		"the error of the DLQ ignored",
	}
}
