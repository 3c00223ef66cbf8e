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
		{Name: "the client left out of the identity", Edits: []mistake.Edit{
			{File: "pkg/process/ports.go", Old: "return event.Identity{Client: r.Client, ID: r.EventID}", New: "return event.Identity{ID: r.EventID}"},
			{File: "pkg/event/envelope.go", Old: "return Identity{e.Client, e.EventID}", New: "return Identity{\"\", e.EventID}"},
		}},
		{Name: "the client left out of an object's key", Edits: []mistake.Edit{{
			File: "pkg/event/event.go", Old: "	if of.Client != \"\" {\n		path =", New: "	if of.Client == \"*\" {\n		path =",
		}}},
		{Name: "an id derived from the caller in place of its client", Edits: []mistake.Edit{{
			File: "pkg/ingest/ingest.go", Old: "	if caller.Client != \"\" {", New: "	if caller.Client == \"*\" {",
		}}},
		{Name: "an erased payload stored again", Edits: []mistake.Edit{{
			File: "pkg/process/processtest/memory.go", Old: "		if m.refuses(r) {", New: "		if m.refuses(r) && r.Mode == event.S3 {",
		}}},
		{Name: "an erasure of no client takes the objects of all", Edits: []mistake.Edit{{
			File: "pkg/erase/erase.go",
			Old:  "o.Modified.After(c.Begun.At.Add(s.lasts)) || a.Client", New: "o.Modified.After(c.Begun.At.Add(s.lasts)) || a.Client == \"*\" && a.Client",
		}}},
		{Name: "an erasure that does not wait for uploads", Edits: []mistake.Edit{{
			File: "pkg/erase/erase.go", Old: "r.Waits = left > 0;", New: "r.Waits = left > s.lasts;",
		}}},
		{Name: "an erasure that goes by when an object was put", Edits: []mistake.Edit{{
			File: "pkg/erase/erase.go", Old: "	if received.IsZero() {\n", New: "	if !received.IsZero() {\n",
		}}},
		{Name: "an object erased that nobody notes", Edits: []mistake.Edit{{
			File: "pkg/erase/erase.go", Old: "	if err := s.store.NoteErased(ctx, of, o); err != nil {\n		return err\n	}\n",
		}}},
		{Name: "an erased user's event a conflict with another one of its batch", Edits: []mistake.Edit{{
			File: "pkg/process/persist.go", Old: "		case !has && it.envelope.SHA256 != r.SHA256 && (", New: "		case it.envelope.SHA256 == \"\" && (",
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
		"the client left out of the identity",
		"an erased payload stored again",
		"an erasure that does not wait for uploads",
	}
}
