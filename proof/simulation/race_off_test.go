//go:build !race

package simulation

// defaultSchedules is how many schedules a test run has.
const defaultSchedules = 10_000
