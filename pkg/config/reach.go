package config

// Reach is what maintain reaches besides the database, for what operators ask of it. It
// maintains the tables without any of them: what needs one that is not set is refused, and
// the schedule runs all the same.
type Reach struct {
	QueueURL      string `env:"QUEUE_URL" want:"the URL of the events queue"`
	TopicARN      string `env:"TOPIC_ARN" want:"the ARN of an SNS topic"`
	PayloadBucket string `env:"PAYLOAD_BUCKET" want:"the name of an S3 bucket: 3 to 63 of a-z 0-9 . -"`
}

func (r *Reach) check(l *faultList) {
	l.require(r.QueueURL == "" || isEndpoint(r.QueueURL), &r.QueueURL)
	l.require(r.TopicARN == "" || isARN(r.TopicARN, "sns"), &r.TopicARN)
	l.require(r.PayloadBucket == "" || isBucket(r.PayloadBucket), &r.PayloadBucket)
}
