package stack

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/fluxa/fluxa/cdk/construct"
	"github.com/fluxa/fluxa/cdk/cost"
	"github.com/fluxa/fluxa/cdk/stage"
)

// contextStage is the context value that chooses one stage, and contextFirst one that
// says that the stages have never been deployed.
const (
	contextStage = "stage"
	contextFirst = "first_deploy"
)

// AddPlatforms adds every stage to the app, or the one that the context value
// "stage" names. With the context value "first_deploy" they are not yet protected, see
// stage.Unprotected. Zips is the folder that has a zip of each function.
func AddPlatforms(app awscdk.App, zips string) error {
	stages, err := stage.All()
	if err != nil {
		return err
	}
	only, _ := app.Node().TryGetContext(jsii.String(contextStage)).(string)
	first, err := isFirst(app)
	if err != nil {
		return err
	}
	var names []string
	var chosen []stage.Stage
	for _, s := range stages {
		names = append(names, s.Name)
		if first {
			s = s.Unprotected()
		}
		if only == "" || only == s.Name {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("there is no stage %q: the stages are %s", only, strings.Join(names, ", "))
	}
	return AddStages(app, chosen, zips)
}

// isFirst reads contextFirst, which the command line gives as text.
func isFirst(app awscdk.App) (bool, error) {
	switch value := app.Node().TryGetContext(jsii.String(contextFirst)); value {
	case nil, "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, fmt.Errorf("the context value %s must be true or false, got %v", contextFirst, value)
	}
}

// AddStages adds the stages to the app, whichever these are.
func AddStages(app awscdk.App, stages []stage.Stage, zips string) error {
	rates, err := dashboardRates()
	if err != nil {
		return err
	}
	for _, s := range stages {
		NewPlatform(app, s, Materials{Zips: zips, Rates: rates})
	}
	return nil
}

func dashboardRates() (construct.Rates, error) {
	p, err := cost.Load()
	if err != nil {
		return construct.Rates{}, err
	}
	return construct.Rates{
		Currency: p.Currency, AsOf: p.AsOf,
		APIRequest: p.APIGateway.Requests.Each(), LambdaRequest: p.Lambda.Requests.Each(), LambdaGBSecond: p.Lambda.GBSecondARM.Each(),
		QueueRequest: p.SQS.Requests.Each(), Publication: p.SNS.Publishes.Each(),
	}, nil
}
