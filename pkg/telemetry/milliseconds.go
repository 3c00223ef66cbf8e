package telemetry

import "time"

// Milliseconds returns a duration in the unit of Observe and of the logs, with
// microseconds after the point.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
