//go:build race

package simulation

// defaultSchedules is how many schedules a test run has. Under the race detector each
// takes many times as long, and finds the races of the use cases, not more.
const defaultSchedules = 200
