package broker

import "time"

// Settings are what a queue's owner decides. The caller has checked the ranges.
// Extra holds attributes that are kept and given back but change nothing here
// (policies, encryption keys).
type Settings struct {
	VisibilityTimeout time.Duration     `json:"visibility_timeout"`
	Delay             time.Duration     `json:"delay"`
	Retention         time.Duration     `json:"retention"`
	ReceiveWait       time.Duration     `json:"receive_wait"`
	MaxMessageBytes   int               `json:"max_message_bytes"`
	Redrive           *Redrive          `json:"redrive,omitempty"`
	Extra             map[string]string `json:"extra,omitempty"`
}

// Redrive sends a message to the queue Target, instead of to a receiver, once
// it has been received MaxReceives times.
type Redrive struct {
	Target      string `json:"target"`
	MaxReceives int    `json:"max_receives"`
}

// Stats are the messages of a queue by what may happen to them next. They are
// exact between two changes, unlike those of SQS.
type Stats struct {
	Visible  int
	InFlight int
	Delayed  int
}

// Empty reports that nothing is left on the queue, in whatever state.
func (s Stats) Empty() bool { return s == Stats{} }

// Info is a queue as it is now.
type Info struct {
	Name       string
	Settings   Settings
	CreatedAt  time.Time
	ModifiedAt time.Time
	Stats      Stats
}
