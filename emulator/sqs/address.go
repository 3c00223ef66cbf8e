package sqs

import (
	"net/http"
	"net/url"
	"strings"
)

func arnOf(queue string) string {
	return "arn:aws:sqs:" + Region + ":" + AccountID + ":" + queue
}

// queueOfARN returns the queue's name, if the ARN is of this region and
// account.
func queueOfARN(arn string) (string, bool) {
	name, ok := strings.CutPrefix(arn, arnOf(""))
	return name, ok && name != "" && !strings.Contains(name, ":")
}

// queueURL builds the URL on the host that the caller reached, so that the same
// queue works by every name and port the endpoint has.
func queueURL(r *http.Request, queue string) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + "/" + AccountID + "/" + queue
}

// queueOfURL looks at the path only. A bare name is accepted too, as by SQS.
func queueOfURL(queueURL string) (string, error) {
	if queueURL == "" {
		return "", missingParameter("QueueUrl")
	}
	u, err := url.Parse(queueURL)
	if err != nil {
		return "", invalidAddress(queueURL)
	}
	path := strings.TrimPrefix(u.Path, "/")
	if u.Host == "" && !strings.Contains(path, "/") {
		return path, nil
	}
	account, name, ok := strings.Cut(path, "/")
	if !ok || name == "" || strings.Contains(name, "/") {
		return "", invalidAddress(queueURL)
	}
	if account != AccountID {
		return "", queueDoesNotExist()
	}
	return name, nil
}
