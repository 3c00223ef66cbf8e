package inject

import "github.com/fluxa/fluxa/emulator/endpoint"

// Set has the faults of an endpoint. It may be used concurrently.
type Set struct {
	endpoint *endpoint.Endpoint
	kill     Kill
}

// NewSet returns the faults of an endpoint: none yet.
func NewSet(e *endpoint.Endpoint, kill Kill) *Set { return &Set{e, kill} }

// Replace puts these faults in the place of those that are set; without any, all is well
// again. A call that is under way goes on as it began.
func (s *Set) Replace(faults []Fault) error {
	byService := map[endpoint.Service][]*active{}
	for _, f := range faults {
		if err := f.Check(); err != nil {
			return err
		}
		byService[f.Service] = append(byService[f.Service], &active{Fault: f, kill: s.kill})
	}
	for _, service := range []endpoint.Service{endpoint.SQS, endpoint.SNS, endpoint.S3} {
		if len(byService[service]) == 0 {
			s.endpoint.Intercept(service, nil)
			continue
		}
		s.endpoint.Intercept(service, interceptor(byService[service]))
	}
	return nil
}
