package telemetry

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/fluxa/fluxa/pkg/contract"
)

// Limits of CloudWatch's embedded metric format.
const (
	valuesLimit  = 100 // of one metric on one line
	metricsLimit = 100 // of one line
)

// Limits of our own, which keep a line far below the 1 MiB of a log event.
const (
	propertiesLimit     = 20
	propertyLengthLimit = 1_024 // bytes
)

type emfMetadata struct {
	Timestamp         int64          `json:"Timestamp"` // milliseconds
	CloudWatchMetrics []emfDirective `json:"CloudWatchMetrics"`
}

type emfDirective struct {
	Namespace  string      `json:"Namespace"`
	Dimensions [][]string  `json:"Dimensions"`
	Metrics    []emfMetric `json:"Metrics"`
}

type emfMetric struct {
	Name string `json:"Name"`
	Unit string `json:"Unit"`
}

// lines returns the lines for what was gathered, each with its line end.
func (e *Emitter) lines(properties map[string]string) ([]byte, error) {
	left := map[string][]float64{}
	for name, sum := range e.counts {
		left[name] = []float64{sum}
	}
	maps.Copy(left, e.observed)
	if len(left) == 0 && e.handled == 0 {
		return nil, nil
	}
	base, err := e.base(properties)
	errs := []error{err}
	var out []byte
	for first := true; first || len(left) > 0; first = false {
		line, err := e.line(base, left, first && e.handled > 0)
		if err != nil {
			return out, errors.Join(append(errs, err)...)
		}
		out = append(append(out, line...), '\n')
	}
	return out, errors.Join(errs...)
}

// line takes from left what one line holds. Outcomes adds those of the version, under
// the dimensions of their own.
func (e *Emitter) line(base map[string]any, left map[string][]float64, outcomes bool) ([]byte, error) {
	object := maps.Clone(base)
	names := slices.Sorted(maps.Keys(left))
	names = names[:min(len(names), metricsLimit)]
	metrics := make([]emfMetric, len(names))
	for i, name := range names {
		metrics[i] = emfMetric{name, e.units[name]}
		values := left[name][:min(len(left[name]), valuesLimit)]
		object[name] = values
		if len(values) == 1 {
			object[name] = values[0]
		}
		if left[name] = left[name][len(values):]; len(left[name]) == 0 {
			delete(left, name)
		}
	}
	var directives []emfDirective
	if len(metrics) > 0 {
		directives = append(directives, emfDirective{
			Namespace:  e.config.Namespace,
			Dimensions: [][]string{{contract.DimensionService, contract.DimensionEnvironment}},
			Metrics:    metrics,
		})
	}
	if outcomes {
		object[contract.DimensionVersion] = e.config.Version
		object[contract.MetricVersionHandled], object[contract.MetricVersionFailed] = e.handled, e.failed
		directives = append(directives, emfDirective{
			Namespace:  e.config.Namespace,
			Dimensions: [][]string{{contract.DimensionService, contract.DimensionEnvironment, contract.DimensionVersion}},
			Metrics:    []emfMetric{{contract.MetricVersionHandled, contract.UnitCount}, {contract.MetricVersionFailed, contract.UnitCount}},
		})
	}
	object["_aws"] = emfMetadata{Timestamp: e.config.Now().UnixMilli(), CloudWatchMetrics: directives}
	line, err := json.Marshal(object, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("encode metrics: %w", err)
	}
	return line, nil
}

// base returns what every line has: the dimensions and the properties.
func (e *Emitter) base(properties map[string]string) (map[string]any, error) {
	object := map[string]any{
		contract.DimensionService:     e.config.Service.Name,
		contract.DimensionEnvironment: e.config.Service.Environment,
	}
	var errs []error
	for n, name := range slices.Sorted(maps.Keys(properties)) {
		value := properties[name]
		_, taken := object[name]
		_, metric := e.units[name]
		switch {
		case taken || metric || name == "_aws" || name == "" || slices.Contains(versionNames(), name):
			errs = append(errs, fmt.Errorf("property %q has the name of something else", name))
		case n >= propertiesLimit || len(value) > propertyLengthLimit || len(name) > propertyLengthLimit:
			errs = append(errs, fmt.Errorf("property %d is more than %d properties of %d bytes", n+1, propertiesLimit, propertyLengthLimit))
		default:
			object[name] = value
		}
	}
	return object, errors.Join(errs...)
}

// versionNames are what a line by version has beside the others.
func versionNames() []string {
	return []string{contract.DimensionVersion, contract.MetricVersionHandled, contract.MetricVersionFailed}
}
