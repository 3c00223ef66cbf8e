package mistake

import "slices"

// OfUseCases lists the mistakes in the use cases. An edit must fit exactly once: code that
// changes takes its mistake along.
func OfUseCases() []Mistake {
	const (
		persist  = "pkg/process/persist.go"
		batch    = "pkg/process/batch.go"
		service  = "pkg/process/process.go"
		suspects = "pkg/process/suspects.go"
		maintain = "pkg/maintain/maintain.go"
		ingest   = "pkg/ingest/ingest.go"
		budget   = "pkg/budget/budget.go"
	)
	return []Mistake{
		{Name: "acknowledged whether the commit succeeded or not", Edits: []Edit{{persist,
			"it.retry(err) // rejected ones too: their reason is not recorded",
			"if it.state == read {\n\tit.finish(now)\n}",
		}}},
		{Name: "published before the commit", Edits: []Edit{{persist,
			"	announced := b.service.notes.take()\n", `	announced := b.service.notes.take()
	for _, r := range records {
		if r.Status == StatusSuccess {
			b.service.cfg.Notifier.Publish(ctx, []Notification{notification(groups[r.Identity()][0])})
		}
	}
`,
		}}},
		{Name: "noted as announced before it is published", Edits: []Edit{{batch,
			"	published := make(map[event.Identity]bool, len(notifications))\n", `	published := make(map[event.Identity]bool, len(notifications))
	for id := range b.due {
		b.service.notes.add(id)
	}
`,
		}}},
		{Name: "noted as announced when only some were published", Edits: []Edit{{batch,
			"if !slices.ContainsFunc(due, func(id event.Identity) bool { return !published[id] }) {",
			"if slices.ContainsFunc(due, func(id event.Identity) bool { return published[id] }) {",
		}}},
		{Name: "a partition dropped a day too early", Edits: []Edit{{maintain,
			"now.Sub(d.Add(day)) < s.cfg.Retention", "now.Sub(d) < s.cfg.Retention",
		}}},
		{Name: "keys pruned when their events go", Edits: []Edit{{maintain,
			"before := now.Add(-s.cfg.Retention - day - contract.KeysOutliveEvents)", "before := now.Add(-s.cfg.Retention - day)",
		}}},
		{Name: "the hash of a duplicate not compared", Edits: []Edit{{persist,
			"same := answer.SHA256 == it.envelope.SHA256", "same := true",
		}}},
		{Name: "another event under an id taken for the same in other words", Edits: []Edit{{service,
			"return event.Same(was, sent), nil", "return was.UserID == sent.UserID, nil",
		}}},
		{Name: "all messages of a batch failed when one fails", Edits: []Edit{{service,
			"	return ids\n}\n\n// ProcessBatch", "	if len(ids) > 0 {\n\t\tids = nil\n\t\tfor _, o := range r.Outcomes {\n\t\t\tids = append(ids, o.MessageID)\n\t\t}\n\t}\n	return ids\n}\n\n// ProcessBatch",
		}}},
		{Name: "all messages of a batch retried when one payload cannot be read", Edits: []Edit{{batch,
			"	_ = errors.Join(runs.Wait(), fetches.Wait()) // always nil: each item has its own error\n",
			`	_ = errors.Join(runs.Wait(), fetches.Wait()) // always nil: each item has its own error
	if failed := b.in(retried); len(failed) > 0 {
		for _, it := range b.in(read) {
			it.retry(failed[0].err)
		}
	}
`,
		}}},
		{Name: "all messages of a batch acknowledged when some fail", Edits: []Edit{{service,
			"	return ids\n}\n\n// ProcessBatch", "	if len(ids) < len(r.Outcomes) {\n\t\treturn nil\n\t}\n	return ids\n}\n\n// ProcessBatch",
		}}},
		{Name: "the error of the DLQ ignored", Edits: []Edit{{batch,
			"Send(ctx, letters) {\n		if err != nil {", "Send(ctx, letters) {\n		if err != nil && i > len(items) {",
		}}},
		{Name: "S3's refusal taken for a missing object", Edits: []Edit{{service,
			"	return payload, err\n}", "	if fault.CodeOf(err) == fault.StorageUnavailable {\n\t\terr = fault.Wrap(fault.PayloadMissing, err, \"gone\")\n\t}\n	return payload, err\n}",
		}}},
		{Name: "no time left read as no deadline", Edits: []Edit{{budget,
			"	deadline, ok := ctx.Deadline()\n	if !ok {\n		return context.WithCancel(ctx)\n	}\n	return context.WithTimeout(ctx, time.Until(deadline)/2)",
			"	deadline, ok := ctx.Deadline()\n	if !ok || time.Until(deadline) <= 0 {\n		return context.WithCancel(context.WithoutCancel(ctx))\n	}\n	return context.WithTimeout(ctx, time.Until(deadline)/2)",
		}}},
		{Name: "suspects never given up", Edits: []Edit{{suspects, "endingsLimit = 4\n", "endingsLimit = 1_000_000\n"}}},
		{Name: "messages never suspected", Edits: []Edit{{suspects, "watchedAfter = 3\n", "watchedAfter = 1_000_000\n"}}},
		{Name: "a batch that the database refuses given up whole", Edits: []Edit{{persist,
			"	case len(records) > 1:\n", "	case len(records) > 1_000:\n",
		}, {persist, "case records[0].Status == StatusSuccess:\n		group := groups[records[0].Identity()]\n",
			"case records[0].Status == StatusSuccess:\n		var group []*item\n		for _, r := range records {\n			group = append(group, groups[r.Identity()]...)\n		}\n"},
			{persist, "if it.state == read && it.envelope.SHA256 == records[0].SHA256 {", "if it.state == read {"},
			{persist, "		b.store(ctx, []Record{b.record(group)}, groups)\n", ""}}},
		{Name: "done with an event that is stored and not announced, its payload gone", Edits: []Edit{{persist,
			"case has && answer.Notified && payloadUnreadable(it.err):", "case has && payloadUnreadable(it.err):",
		}}},
		{Name: "the message sent before the object is put", Edits: []Edit{{ingest,
			"	_ = puts.Wait() // always nil: each receipt has its own error\n	s.send(ctx, messages, receipts)\n",
			"	s.send(ctx, messages, receipts)\n	_ = puts.Wait()\n",
		}}},
		{Name: "an object that could not be put accepted", Edits: []Edit{{ingest,
			"			r.Err = s.cfg.Blobs.Put(", "			_ = s.cfg.Blobs.Put(",
		}}},
		{Name: "the answers of the queue given to other events", Edits: []Edit{{ingest,
			"receipts[of[j]].Err = err", "receipts[of[len(of)-1-j]].Err = err",
		}}},
	}
}

// Named returns the mistake in the use cases with a name. It panics when there is none: the
// caller's list is wrong.
func Named(name string) Mistake {
	all := OfUseCases()
	at := slices.IndexFunc(all, func(m Mistake) bool { return m.Name == name })
	if at < 0 {
		panic("mistake: there is none with the name " + name)
	}
	return all[at]
}
