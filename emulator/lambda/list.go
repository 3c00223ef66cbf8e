package lambda

import (
	"crypto/sha1"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/fluxa/fluxa/emulator/internal/wire"
)

// Mapping describes an event source mapping to those who list them; package eventsource
// runs one. All fields are required but the window.
type Mapping struct {
	Function                *Function
	EventSourceARN          string
	BatchSize               int
	MaximumBatchingWindow   time.Duration
	MaximumConcurrency      int
	ReportBatchItemFailures bool
}

// architecture is this machine's, as Lambda names it.
var architecture = strings.Replace(runtime.GOARCH, "amd64", "x86_64", 1)

// List adds event source mappings to those that ListEventSourceMappings answers. It is to
// be called before the service is used.
func (s *Service) List(mappings ...Mapping) { s.mappings = append(s.mappings, mappings...) }

// The answers have the members of AWS's that mean something here, and no variables of a
// function: they hold passwords.
// https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
type functionConfiguration struct {
	FunctionName, FunctionArn, Runtime, Handler, PackageType, Version, State string
	Architectures                                                            []string
	Timeout, MemorySize                                                      int
}

// https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
type mappingConfiguration struct {
	UUID, EventSourceArn, FunctionArn, State  string
	BatchSize, MaximumBatchingWindowInSeconds int
	FunctionResponseTypes                     []string
	ScalingConfig                             struct{ MaximumConcurrency int }
}

func (f *Function) configuration() functionConfiguration {
	return functionConfiguration{
		FunctionName: f.cfg.Name, FunctionArn: f.cfg.arn(), Runtime: "provided.al2023", Handler: "bootstrap", PackageType: "Zip",
		Version: latestVersion, State: "Active", Architectures: []string{architecture},
		Timeout: int(f.cfg.Timeout / time.Second), MemorySize: f.cfg.MemoryMiB,
	}
}

func (m Mapping) configuration() mappingConfiguration {
	// The same mapping has the same id after each start.
	id := uuid.NewHash(sha1.New(), uuid.NameSpaceURL, []byte(m.EventSourceARN+" "+m.Function.cfg.arn()), 5)
	out := mappingConfiguration{
		UUID: id.String(), EventSourceArn: m.EventSourceARN, FunctionArn: m.Function.cfg.arn(), State: "Enabled", BatchSize: m.BatchSize,
		MaximumBatchingWindowInSeconds: int(m.MaximumBatchingWindow / time.Second), FunctionResponseTypes: []string{},
	}
	out.ScalingConfig.MaximumConcurrency = m.MaximumConcurrency
	if m.ReportBatchItemFailures {
		out.FunctionResponseTypes = append(out.FunctionResponseTypes, "ReportBatchItemFailures")
	}
	return out
}

func (s *Service) listFunctions(w http.ResponseWriter, _ *http.Request) {
	list := []functionConfiguration{}
	for _, f := range s.functions {
		list = append(list, f.configuration())
	}
	slices.SortFunc(list, func(a, b functionConfiguration) int { return strings.Compare(a.FunctionName, b.FunctionName) })
	writeAnswer(w, struct{ Functions []functionConfiguration }{list})
}

func (s *Service) describeFunction(w http.ResponseWriter, r *http.Request) {
	function := s.find(r.PathValue("name"), r.URL.Query().Get("Qualifier"))
	if function == nil {
		writeServiceError(w, http.StatusNotFound, "ResourceNotFoundException", "Function not found: "+r.PathValue("name"))
		return
	}
	writeAnswer(w, function.configuration())
}

// listMappings answers all, or those of a function or of a queue.
func (s *Service) listMappings(w http.ResponseWriter, r *http.Request) {
	query, list := r.URL.Query(), []mappingConfiguration{}
	for _, m := range s.mappings {
		if name := query.Get("FunctionName"); name != "" && s.find(name, "") != m.Function {
			continue
		}
		if source := query.Get("EventSourceArn"); source == "" || source == m.EventSourceARN {
			list = append(list, m.configuration())
		}
	}
	writeAnswer(w, struct{ EventSourceMappings []mappingConfiguration }{list})
}

func wrongMethod(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", http.MethodPost)
	http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
}

// notThere refuses the rest of the API.
func notThere(w http.ResponseWriter, r *http.Request) {
	writeServiceError(w, http.StatusNotImplemented, "UnknownOperationException", fmt.Sprintf(
		"this emulator has no %s %s; it has Invoke, ListFunctions, GetFunctionConfiguration and ListEventSourceMappings", r.Method, r.URL.Path))
}

func writeAnswer(w http.ResponseWriter, answer any) {
	body, err := wire.JSON(answer)
	if err != nil {
		writeServiceFailure(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// The caller may have gone, and needs no answer then.
	_, _ = w.Write(body)
}
