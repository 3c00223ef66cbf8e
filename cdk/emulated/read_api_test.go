package emulated_test

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// where are the properties by which a part of an API is asked for: an answer shows
// that they hold.
func where(r resource, names ...string) object {
	out := object{}
	for _, name := range names {
		out[name] = r.Properties[name]
	}
	return out
}

func property(r resource, name string) *string { return aws.String(r.Properties[name].(string)) }

func readAPI(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.api.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	return said(found)
}

func readAPIAccount(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.api.GetAccount(ctx, &apigateway.GetAccountInput{})
	if err != nil {
		return nil, err
	}
	return said(found)
}

func readAPIResource(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.api.GetResource(ctx, &apigateway.GetResourceInput{RestApiId: property(r, "RestApiId"), ResourceId: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	return said(found, where(r, "RestApiId"))
}

func readMethod(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.api.GetMethod(ctx, &apigateway.GetMethodInput{
		RestApiId: property(r, "RestApiId"), ResourceId: property(r, "ResourceId"), HttpMethod: property(r, "HttpMethod"),
	})
	if err != nil {
		return nil, err
	}
	integration := object{}
	if found.MethodIntegration != nil {
		if integration, err = said(found.MethodIntegration, object{"IntegrationHttpMethod": found.MethodIntegration.HttpMethod}); err != nil {
			return nil, err
		}
	}
	return said(found, where(r, "RestApiId", "ResourceId"), object{"Integration": integration})
}

func readDeployment(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.api.GetDeployment(ctx, &apigateway.GetDeploymentInput{RestApiId: property(r, "RestApiId"), DeploymentId: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	return said(found, where(r, "RestApiId"))
}

func readStage(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.api.GetStage(ctx, &apigateway.GetStageInput{RestApiId: property(r, "RestApiId"), StageName: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	var settings []any
	for path, setting := range found.MethodSettings {
		// */* here is /* and * in CloudFormation.
		resource, method, _ := strings.Cut(path, "/")
		one, err := said(setting, object{"ResourcePath": "/" + strings.ReplaceAll(resource, "~1", "/"), "HttpMethod": method})
		if err != nil {
			return nil, err
		}
		settings = append(settings, one)
	}
	return said(found, where(r, "RestApiId"), object{"AccessLogSetting": found.AccessLogSettings, "MethodSettings": settings})
}

func readModel(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.api.GetModel(ctx, &apigateway.GetModelInput{RestApiId: property(r, "RestApiId"), ModelName: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	return said(found, where(r, "RestApiId"))
}

func readValidator(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.api.GetRequestValidator(ctx, &apigateway.GetRequestValidatorInput{
		RestApiId: property(r, "RestApiId"), RequestValidatorId: aws.String(r.ID),
	})
	if err != nil {
		return nil, err
	}
	return said(found, where(r, "RestApiId"))
}

func readAnswer(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.api.GetGatewayResponse(ctx, &apigateway.GetGatewayResponseInput{
		RestApiId: property(r, "RestApiId"), ResponseType: types.GatewayResponseType(*property(r, "ResponseType")),
	})
	if err != nil {
		return nil, err
	}
	return said(found, where(r, "RestApiId"))
}

func readAPIKey(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.api.GetApiKey(ctx, &apigateway.GetApiKeyInput{ApiKey: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	var stages []any
	for _, each := range found.StageKeys {
		api, stage, _ := strings.Cut(each, "/")
		stages = append(stages, object{"RestApiId": api, "StageName": stage})
	}
	return said(found, object{"StageKeys": stages})
}

func readPlan(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.api.GetUsagePlan(ctx, &apigateway.GetUsagePlanInput{UsagePlanId: aws.String(r.ID)})
	if err != nil {
		return nil, err
	}
	return said(found, object{"UsagePlanName": found.Name})
}

func readPlanKey(ctx context.Context, c *cloud, r resource) (object, error) {
	found, err := c.api.GetUsagePlanKey(ctx, &apigateway.GetUsagePlanKeyInput{UsagePlanId: property(r, "UsagePlanId"), KeyId: property(r, "KeyId")})
	if err != nil {
		return nil, err
	}
	return said(object{"KeyId": found.Id, "KeyType": found.Type}, where(r, "UsagePlanId"))
}
