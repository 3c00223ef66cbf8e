// Package broker keeps standard queues and their messages in one bbolt file.
//
// The file is the truth: a message is in it before Send returns, and its
// receive count is in it before Receive returns. An index in memory, rebuilt
// when the file is opened, knows which messages are visible, in flight or
// delayed; bodies stay in the file until they are received.
//
// One goroutine applies every change. It takes all the changes that are
// waiting, applies them to the index and to one transaction, commits once, and
// only then answers their callers. While a commit is on its way to the disk
// the next group collects, so a lone sender pays one commit and a hundred
// concurrent ones share it, with no timer and no added delay.
//
// Durability. A committed change is in the kernel's page cache, so the death
// of the process, by kill -9 as well, loses nothing. By default each commit is
// also flushed to the disk (two fdatasync), which makes it survive the loss of
// the host. Options.NoSync leaves the flush out: such a file still survives
// the death of the process, but a power cut may damage it.
//
// Restart. Receive counts and delays come back as they were. Messages in flight
// become visible at once: whoever held them was a child of the program and died
// with it, and waiting for visibility time-outs of minutes would only make a
// restart slow. Their last receipt handle stays good until they are received
// again.
package broker
