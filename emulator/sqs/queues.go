package sqs

import (
	"errors"
	"net/http"

	"github.com/fluxa/fluxa/emulator/sqs/internal/broker"
)

type createQueueIn struct {
	QueueName  string
	Attributes map[string]string
}

type queueURLOut struct {
	QueueURL string `json:"QueueUrl"`
}

func (s *Server) createQueue(r *http.Request, in createQueueIn) (queueURLOut, error) {
	if err := checkQueueName(in.QueueName); err != nil {
		return queueURLOut{}, err
	}
	settings := defaultSettings()
	if err := applyAttributes(&settings, in.Attributes); err != nil {
		return queueURLOut{}, err
	}
	err := s.broker.Create(r.Context(), in.QueueName, settings, func(existing broker.Settings) error {
		return differs(existing, in.Attributes)
	})
	if err != nil {
		return queueURLOut{}, withTarget(err, in.Attributes)
	}
	return queueURLOut{queueURL(r, in.QueueName)}, nil
}

// differs compares only what the request names: CreateQueue without attributes
// finds any queue of that name.
func differs(existing broker.Settings, wanted map[string]string) error {
	before, err := attributesOf(broker.Info{Settings: existing})
	if err != nil {
		return err
	}
	changed := existing
	if err := applyAttributes(&changed, wanted); err != nil {
		return err
	}
	after, err := attributesOf(broker.Info{Settings: changed})
	if err != nil {
		return err
	}
	for name := range wanted {
		if before[name] != after[name] {
			return queueNameExists(name)
		}
	}
	return nil
}

func withTarget(err error, attributes map[string]string) error {
	if errors.Is(err, broker.ErrTargetNotFound) {
		return parameterOutOfRange(attrRedrive, attributes[attrRedrive], "Dead letter target does not exist.")
	}
	return err
}

type queueIn struct {
	QueueURL string `json:"QueueUrl"`
}

func (s *Server) deleteQueue(r *http.Request, in queueIn) (nothing, error) {
	name, err := queueOfURL(in.QueueURL)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.broker.Delete(r.Context(), name)
}

func (s *Server) purgeQueue(r *http.Request, in queueIn) (nothing, error) {
	name, err := queueOfURL(in.QueueURL)
	if err != nil {
		return nothing{}, err
	}
	return nothing{}, s.broker.Purge(r.Context(), name)
}

type getQueueURLIn struct {
	QueueName              string
	QueueOwnerAWSAccountID string `json:"QueueOwnerAWSAccountId"`
}

func (s *Server) getQueueURL(r *http.Request, in getQueueURLIn) (queueURLOut, error) {
	if in.QueueName == "" {
		return queueURLOut{}, missingParameter("QueueName")
	}
	if in.QueueOwnerAWSAccountID != "" && in.QueueOwnerAWSAccountID != AccountID {
		return queueURLOut{}, queueDoesNotExist()
	}
	if _, err := s.broker.Queue(in.QueueName); err != nil {
		return queueURLOut{}, err
	}
	return queueURLOut{queueURL(r, in.QueueName)}, nil
}

type listQueuesIn struct {
	QueueNamePrefix string
	MaxResults      int
}

type listQueuesOut struct {
	QueueURLs []string `json:"QueueUrls,omitempty"`
}

// listQueues answers all names at once, as SQS does for a request without MaxResults.
func (s *Server) listQueues(r *http.Request, in listQueuesIn) (out listQueuesOut, err error) {
	if in.MaxResults != 0 {
		return out, invalidParameter("this emulator lists all queues at once: leave out MaxResults")
	}
	for _, name := range s.broker.Names(in.QueueNamePrefix) {
		out.QueueURLs = append(out.QueueURLs, queueURL(r, name))
	}
	return out, nil
}

type getAttributesIn struct {
	QueueURL       string `json:"QueueUrl"`
	AttributeNames []string
}

type attributesOut struct {
	Attributes map[string]string `json:",omitempty"`
}

func (s *Server) getQueueAttributes(_ *http.Request, in getAttributesIn) (attributesOut, error) {
	name, err := queueOfURL(in.QueueURL)
	if err != nil {
		return attributesOut{}, err
	}
	info, err := s.broker.Queue(name)
	if err != nil {
		return attributesOut{}, err
	}
	all, err := attributesOf(info)
	if err != nil {
		return attributesOut{}, err
	}
	wanted := map[string]string{}
	for _, name := range in.AttributeNames {
		if name == "All" {
			return attributesOut{all}, nil
		}
		if !knownAttribute(name) {
			return attributesOut{}, invalidAttributeName(name)
		}
		if value, ok := all[name]; ok {
			wanted[name] = value
		}
	}
	return attributesOut{wanted}, nil
}

type setAttributesIn struct {
	QueueURL   string `json:"QueueUrl"`
	Attributes map[string]string
}

func (s *Server) setQueueAttributes(r *http.Request, in setAttributesIn) (nothing, error) {
	name, err := queueOfURL(in.QueueURL)
	if err != nil {
		return nothing{}, err
	}
	if len(in.Attributes) == 0 {
		return nothing{}, missingParameter("Attributes")
	}
	err = s.broker.Update(r.Context(), name, func(settings *broker.Settings) error {
		return applyAttributes(settings, in.Attributes)
	})
	return nothing{}, withTarget(err, in.Attributes)
}
