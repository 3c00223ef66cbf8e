package chaos_test

import (
	"context"
	"slices"
	"time"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/proof/chaos"
	"github.com/fluxa/fluxa/proof/checker"
	"github.com/fluxa/fluxa/proof/mistake"
	"github.com/fluxa/fluxa/proof/rig"
)

// provocation is a mistake, and what brings it to light on the running product.
type provocation struct {
	mistake.Mistake
	fault chaos.Scenario
	kind  checker.Kind // of which the checker must find some
	inCI  bool
}

// scenario returns the scenario with a name, and panics when there is none: the list below
// is wrong.
func scenario(name string) chaos.Scenario {
	all := chaos.Scenarios()
	at := slices.IndexFunc(all, func(s chaos.Scenario) bool { return s.Name == name })
	if at < 0 {
		panic("there is no scenario " + name)
	}
	return all[at]
}

func nothing(context.Context) error { return nil }

// loadAlone breaks nothing: duplicates, conflicts and poison are enough.
func loadAlone() chaos.Scenario {
	return chaos.Scenario{Name: "the load alone", Break: func(context.Context, *rig.Rig, time.Duration) (chaos.Mend, error) { return nothing, nil }}
}

func maintainRuns() chaos.Scenario {
	return chaos.Scenario{Name: "`maintain` runs", Break: func(ctx context.Context, r *rig.Rig, _ time.Duration) (chaos.Mend, error) {
		return nothing, r.Invoke(ctx, contract.FunctionMaintain)
	}}
}

// provocations lists the mistakes. Those in SQL are visible on a real database alone.
func provocations() []provocation {
	const (
		persist = "migrations/003_create_persist_batch_function.sql"
		keys    = "migrations/002_create_idempotency_keys_table.sql"
	)
	withoutOnConflict := []mistake.Edit{
		{File: persist, Old: "        ON CONFLICT (event_id, client) DO UPDATE SET\n", New: "        /* ON CONFLICT (event_id, client) DO UPDATE SET\n"},
		{File: persist, Old: "        RETURNING k.client,", New: "        */ RETURNING k.client,"},
	}
	return []provocation{
		{mistake.Named("acknowledged whether the commit succeeded or not"), scenario("postgres-read-only"), checker.Lost, true},
		{mistake.Named("published before the commit"), scenario("postgres-read-only"), checker.Premature, false},
		{mistake.Named("noted as announced before it is published"), scenario("sns-away"), checker.Unannounced, false},
		{mistake.Named("all messages of a batch acknowledged when some fail"), scenario("sns-fails-some"), checker.Unannounced, false},
		{mistake.Named("the hash of a duplicate not compared"), loadAlone(), checker.Lost, false},
		{mistake.Named("the error of the DLQ ignored"), scenario("dlq-away"), checker.Lost, false},
		{mistake.Named("S3's refusal taken for a missing object"), scenario("s3-forbidden"), checker.WrongCode, false},
		{mistake.Named("an object that could not be put accepted"), scenario("s3-errors"), checker.WrongCode, false},
		{mistake.Mistake{Name: "ON CONFLICT removed, and the primary key with it", Edits: append(slices.Clone(withoutOnConflict),
			mistake.Edit{File: keys, Old: "    PRIMARY KEY (event_id, client),\n", New: ""},
		)}, loadAlone(), checker.Double, true},
		{mistake.Mistake{Name: "ON CONFLICT removed", Edits: withoutOnConflict}, loadAlone(), checker.Both, false},
		{mistake.Mistake{Name: "the payload stored as jsonb prints it", Edits: []mistake.Edit{{
			File: persist, Old: "nullif(e.payload, '')", New: "nullif(e.payload, '')::jsonb::text",
		}}}, loadAlone(), checker.WrongBytes, false},
		{mistake.Mistake{Name: "the hash of a payload not verified", Edits: []mistake.Edit{{
			File: "pkg/process/process.go", Old: "	if event.Hash(payload) != envelope.SHA256 {\n", New: "	if len(payload) == 0 {\n",
		}}}, loadAlone(), checker.Ghost, false},
		{mistake.Mistake{Name: "a failure marked as under way", Edits: []mistake.Edit{{
			File: "pkg/process/persist.go", Old: "	case rejected:\n		return StatusFailed\n", New: "	case rejected:\n		return StatusProcessing\n",
		}}}, loadAlone(), checker.WrongKey, false},
		{mistake.Mistake{Name: "keys pruned however young they are", Edits: []mistake.Edit{{
			File: "pkg/maintain/maintain.go", Old: "before := now.Add(-s.cfg.Retention - day - contract.KeysOutliveEvents)",
			New: "before := now.Add(s.cfg.Retention + day + contract.KeysOutliveEvents)",
		}}}, maintainRuns(), checker.WrongKey, false},
		{mistake.Mistake{Name: "partitions dropped too early: the ends of their age swapped", Edits: []mistake.Edit{{
			File: "pkg/maintain/maintain.go", Old: "now.Sub(d.Add(day)) < s.cfg.Retention", New: "d.Add(day).Sub(now) > s.cfg.Retention",
		}}}, maintainRuns(), checker.Premature, false},
	}
}
