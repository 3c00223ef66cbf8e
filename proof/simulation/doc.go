// Package simulation runs the use cases (ingest, process, maintain, erase) in simulated time
// over models of SQS, S3, SNS and the tables, and breaks them as a schedule says: a crash
// before and after every side effect, transient failures, answers that are lost,
// duplicates, conflicts, poison, redrives, days that pass. After every step it checks
// what the platform promises.
//
// A schedule is plain data, drawn from a seed, and a run is a function of it alone. Every
// call of a use case to the world outside waits until the schedule lets it go on, so that
// no race of goroutines and no clock decides anything: the same schedule gives the same
// trace, line for line. A schedule that breaks a promise is shrunk to the few steps that
// matter.
//
// Read schedule_test.go first, then calls_test.go: how calls wait, and what may become of
// one. world_test.go runs a schedule, promises_test.go says what has to hold. All of it
// are tests: it runs in bubbles of testing/synctest.
package simulation
