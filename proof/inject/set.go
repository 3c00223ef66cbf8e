package inject

import (
	"sync"

	"github.com/fluxa/fluxa/emulator/endpoint"
)

// Set has the faults of an endpoint. It may be used concurrently.
type Set struct {
	endpoint *endpoint.Endpoint
	kill     Kill

	mu     sync.Mutex
	active []*active
}

// NewSet returns the faults of an endpoint: none yet.
func NewSet(e *endpoint.Endpoint, kill Kill) *Set { return &Set{endpoint: e, kill: kill} }

// Met returns how many calls each of the faults met that are set, in their order.
func (s *Set) Met() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	met := make([]int, len(s.active))
	for i, a := range s.active {
		met[i] = int(a.met.Load())
		if a.Times > 0 {
			met[i] = min(met[i], a.Times)
		}
	}
	return met
}

// Replace puts these faults in the place of those that are set; without any, all is well
// again. A call that is under way goes on as it began.
func (s *Set) Replace(faults []Fault) error {
	byService := map[endpoint.Service][]*active{}
	var all []*active
	for _, f := range faults {
		if err := f.Check(); err != nil {
			return err
		}
		one := &active{Fault: f, kill: s.kill}
		byService[f.Service], all = append(byService[f.Service], one), append(all, one)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = all
	for _, service := range []endpoint.Service{endpoint.SQS, endpoint.SNS, endpoint.S3} {
		if len(byService[service]) == 0 {
			s.endpoint.Intercept(service, nil)
			continue
		}
		s.endpoint.Intercept(service, interceptor(byService[service]))
	}
	return nil
}
