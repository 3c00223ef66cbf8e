package simulation

// mistakes lists the seeded mistakes. An edit must fit exactly once: code that changes
// takes its mistake along.
func mistakes() []mistake {
	const (
		persist  = "pkg/process/persist.go"
		batch    = "pkg/process/batch.go"
		service  = "pkg/process/process.go"
		suspects = "pkg/process/suspects.go"
		maintain = "pkg/maintain/maintain.go"
		ingest   = "pkg/ingest/ingest.go"
		memory   = "pkg/process/processtest/memory.go"
		budget   = "pkg/budget/budget.go"
	)
	return []mistake{
		{name: "acknowledged whether the commit succeeded or not", inCI: true, edits: []edit{{persist,
			"it.retry(err) // rejected ones too: their reason is not recorded",
			"if it.state == read {\n\tit.finish(now)\n}",
		}}},
		{name: "published before the commit", inCI: true, edits: []edit{{persist,
			"	announced := b.service.notes.take()\n", `	announced := b.service.notes.take()
	for _, r := range records {
		if r.Status == StatusSuccess {
			b.service.cfg.Notifier.Publish(ctx, []Notification{{Client: r.Client, EventID: r.EventID, SHA256: r.SHA256}})
		}
	}
`,
		}}},
		{name: "the conflict of a key is ignored by the store", edits: []edit{{memory,
			"if known && row.Status == process.StatusSuccess {", "if known && row.Status == process.StatusSuccess && row.SHA256 == \"\" {",
		}}},
		{name: "noted as announced before it is published", inCI: true, edits: []edit{{batch,
			"	published := make(map[event.Identity]bool, len(notifications))\n", `	published := make(map[event.Identity]bool, len(notifications))
	for id := range b.due {
		b.service.notes.add(id)
	}
`,
		}}},
		{name: "noted as announced when only some were published", edits: []edit{{batch,
			"if !slices.ContainsFunc(due, func(id event.Identity) bool { return !published[id] }) {",
			"if slices.ContainsFunc(due, func(id event.Identity) bool { return published[id] }) {",
		}}},
		{name: "a partition dropped a day too early", edits: []edit{{maintain,
			"now.Sub(d.Add(day)) < s.cfg.Retention", "now.Sub(d) < s.cfg.Retention",
		}}},
		{name: "keys pruned when their events go", edits: []edit{{maintain,
			"before := now.Add(-s.cfg.Retention - day - contract.KeysOutliveEvents)", "before := now.Add(-s.cfg.Retention - day)",
		}}},
		{name: "the hash of a duplicate not compared", inCI: true, edits: []edit{{persist,
			"same := answer.SHA256 == it.envelope.SHA256", "same := true",
		}}},
		{name: "another event under an id taken for the same in other words", edits: []edit{{service,
			"return event.Same(was, sent), nil", "return was.UserID == sent.UserID, nil",
		}}},
		{name: "all messages of a batch failed when one fails", edits: []edit{{service,
			"	return ids\n}\n\n// ProcessBatch", "	if len(ids) > 0 {\n\t\tids = nil\n\t\tfor _, o := range r.Outcomes {\n\t\t\tids = append(ids, o.MessageID)\n\t\t}\n\t}\n	return ids\n}\n\n// ProcessBatch",
		}}},
		{name: "all messages of a batch retried when one payload cannot be read", edits: []edit{{batch,
			"	_ = errors.Join(runs.Wait(), fetches.Wait()) // always nil: each item has its own error\n",
			`	_ = errors.Join(runs.Wait(), fetches.Wait()) // always nil: each item has its own error
	if failed := b.in(retried); len(failed) > 0 {
		for _, it := range b.in(read) {
			it.retry(failed[0].err)
		}
	}
`,
		}}},
		{name: "all messages of a batch acknowledged when some fail", edits: []edit{{service,
			"	return ids\n}\n\n// ProcessBatch", "	if len(ids) < len(r.Outcomes) {\n\t\treturn nil\n\t}\n	return ids\n}\n\n// ProcessBatch",
		}}},
		{name: "the error of the DLQ ignored", inCI: true, edits: []edit{{batch,
			"Send(ctx, letters) {\n		if err != nil {", "Send(ctx, letters) {\n		if err != nil && i > len(items) {",
		}}},
		{name: "S3's refusal taken for a missing object", edits: []edit{{service,
			"	return payload, err\n}", "	if fault.CodeOf(err) == fault.StorageUnavailable {\n\t\terr = fault.Wrap(fault.PayloadMissing, err, \"gone\")\n\t}\n	return payload, err\n}",
		}}},
		{name: "no time left read as no deadline", edits: []edit{{budget,
			"	deadline, ok := ctx.Deadline()\n	if !ok {\n		return context.WithCancel(ctx)\n	}\n	return context.WithTimeout(ctx, time.Until(deadline)/2)",
			"	deadline, ok := ctx.Deadline()\n	if !ok || time.Until(deadline) <= 0 {\n		return context.WithCancel(context.WithoutCancel(ctx))\n	}\n	return context.WithTimeout(ctx, time.Until(deadline)/2)",
		}}},
		{name: "suspects never given up", edits: []edit{{suspects, "endingsLimit = 4\n", "endingsLimit = 1_000_000\n"}}},
		{name: "messages never suspected", edits: []edit{{suspects, "watchedAfter = 3\n", "watchedAfter = 1_000_000\n"}}},
		{name: "a batch that the database refuses given up whole", edits: []edit{{persist,
			"	case len(records) > 1:\n", "	case len(records) > 1_000:\n",
		}, {persist, "case records[0].Status == StatusSuccess:\n		group := groups[records[0].Identity()]\n",
			"case records[0].Status == StatusSuccess:\n		var group []*item\n		for _, r := range records {\n			group = append(group, groups[r.Identity()]...)\n		}\n"},
			{persist, "if it.state == read && it.envelope.SHA256 == records[0].SHA256 {", "if it.state == read {"},
			{persist, "		b.store(ctx, []Record{b.record(group)}, groups)\n", ""}}},
		{name: "done with an event that is stored and not announced, its payload gone", edits: []edit{{persist,
			"case has && answer.Notified && payloadUnreadable(it.err):", "case has && payloadUnreadable(it.err):",
		}}},
		{name: "the message sent before the object is put", edits: []edit{{ingest,
			"	_ = puts.Wait() // always nil: each receipt has its own error\n	s.send(ctx, messages, receipts)\n",
			"	s.send(ctx, messages, receipts)\n	_ = puts.Wait()\n",
		}}},
		{name: "an object that could not be put accepted", edits: []edit{{ingest,
			"			r.Err = s.cfg.Blobs.Put(", "			_ = s.cfg.Blobs.Put(",
		}}},
		{name: "the answers of the queue given to other events", edits: []edit{{ingest,
			"receipts[of[j]].Err = err", "receipts[of[len(of)-1-j]].Err = err",
		}}},
		{name: "a redrive that SQS takes for a copy of an earlier one", edits: []edit{{"proof/simulation/environments_test.go",
			"				w.queue.send(l.body, withoutErrors(l.attributes), l.binary)\n",
			"				if w.crashes[l.body]++; w.crashes[l.body] == 1 {\n					w.queue.send(l.body, withoutErrors(l.attributes), l.binary)\n				}\n",
		}}},
	}
}
