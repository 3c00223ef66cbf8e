package cost

import "github.com/fluxa/fluxa/cdk/stage"

const (
	sendRequests    = 2    // that SQS makes to KMS for a sender in a period in which it uses a data key,
	receiveRequests = 1    // and for a receiver
	bucketKeyShare  = 0.01 // of the requests of S3 to KMS, that are left with a bucket key: "up to 99 percent" less
)

// keyEvents returns what the workload's events cost in a month for a key of the stage's
// own. The logs' requests are not counted: no page says how many they are.
//
//   - "Key management" of SQS, the requests for each sender and receiver:
//     https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
//   - "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys":
//     https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
func keyEvents(p Prices, s stage.Stage, w Workload, f Footprint) []Line {
	if f.QueueKeySeconds == 0 {
		return nil
	}
	size, periods := w.payload(), secondsPerMonth/float64(f.QueueKeySeconds)
	posts, batches := w.EventsPerMonth/w.EventsPerRequest, w.EventsPerMonth/w.fill(s, size.message)
	var l lines
	l.add("SQS, encrypted", sendRequests*min(posts, periods)+receiveRequests*min(batches, periods), p.KMS.Requests)
	l.add("S3, encrypted", bucketKeyShare*w.EventsPerMonth*size.objects*(2+w.ReadsPerEvent), p.KMS.Requests)
	return l
}
