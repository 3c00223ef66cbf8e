package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fluxa/fluxa/pkg/contract"
)

// budgets are the most bytes that the zips may have: what they had when somebody last
// looked at what they are made of, and 1 % for changes of every day. A library that
// brings much along is then a decision, not an accident.
//
// maintain has what operators ask for besides the maintenance: the clients of S3, SNS and
// SQS, and Parquet with its codecs (github.com/parquet-go/parquet-go), for exports. Nobody
// waits for its start.
func budgets() map[contract.Function]int64 {
	return map[contract.Function]int64{
		contract.FunctionIngest:    3_990_000,
		contract.FunctionProcessor: 5_250_000,
		contract.FunctionQuery:     5_000_000,
		contract.FunctionMigrate:   4_895_000,
		contract.FunctionMaintain:  6_490_000,
		contract.FunctionVerify:    3_725_000,
		contract.FunctionAuthorize: 3_333_000,
	}
}

// within returns an error that names each zip in the folder that is larger than its
// budget. The zips stay, to look into.
func within(budgets map[contract.Function]int64, folder string, functions []contract.Function) error {
	var errs []error
	for _, function := range functions {
		name := string(function) + ".zip"
		info, err := os.Stat(filepath.Join(folder, name))
		switch budget, ok := budgets[function]; {
		case err != nil:
			errs = append(errs, fmt.Errorf("weigh %s: %w", name, err))
		case !ok:
			errs = append(errs, fmt.Errorf("%s has %d bytes and no budget: give it one in functions/cmd/package/budget.go", name, info.Size()))
		case info.Size() > budget:
			errs = append(errs, fmt.Errorf("%s has %d bytes, %d more than its budget of %d: see what is new in it (`go list -deps`, `go tool nm -size -sort size`) "+
				"and take out what it does not need, or raise the budget in functions/cmd/package/budget.go and say why", name, info.Size(), info.Size()-budget, budget))
		}
	}
	return errors.Join(errs...)
}
