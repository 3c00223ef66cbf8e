package fault_test

import (
	"errors"
	"fmt"

	"github.com/fluxa/fluxa/pkg/fault"
)

func ExampleWrap() {
	cause := errors.New("dial tcp 10.0.0.7:5432: connection refused")
	err := fmt.Errorf("persist 10 records: %w", fault.Wrap(fault.DatabaseUnavailable, cause, "the database cannot be reached"))

	fmt.Println(fault.HTTPStatus(err), fault.CodeOf(err))
	fmt.Println(fault.ReasonOf(err))                     // for the caller
	fmt.Println(err)                                     // for the log
	fmt.Println(fault.DispositionOf(err) == fault.Retry) // on the queue
	// Output:
	// 503 database_unavailable
	// the database cannot be reached
	// persist 10 records: database_unavailable: the database cannot be reached: dial tcp 10.0.0.7:5432: connection refused
	// true
}
