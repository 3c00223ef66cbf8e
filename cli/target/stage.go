package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go"

	"github.com/fluxa/fluxa/cli/exit"
	"github.com/fluxa/fluxa/pkg/contract"
)

// lookupTimeout bounds each question about a stage.
const lookupTimeout = 20 * time.Second

// findStage reads what the stacks of a stage tell, whose names begin with the prefix.
func findStage(ctx context.Context, settings aws.Config, prefix, name string) (*Stack, error) {
	client := cloudformation.NewFromConfig(settings)
	found := map[string]string{}
	account := ""
	for _, part := range []string{contract.StackPipeline, contract.StackData} {
		outputs, id, err := outputsOf(ctx, client, contract.Named(prefix, part, name), settings.Region)
		if err != nil {
			return nil, fmt.Errorf("find the stage %s: %w", contract.Environment(prefix, name), err)
		}
		maps.Copy(found, outputs)
		account = id.AccountID
	}
	s := &Stack{
		Name: fmt.Sprintf("stage %s (account %s, %s)", contract.Environment(prefix, name), account, settings.Region), Stage: name, Prefix: prefix, AWS: settings,
		Endpoint: found[contract.OutputAPIEndpoint], QueueURL: found[contract.OutputQueueURL], DLQURL: found[contract.OutputDLQURL],
		TopicARN: found[contract.OutputTopicARN], Bucket: found[contract.OutputPayloadBucket],
		functions: map[contract.Function]string{}, keyIDs: map[string]string{},
	}
	for _, function := range contract.Functions() {
		s.functions[function] = found[contract.OutputFunction(function)]
	}
	if id := found[contract.OutputAPIKeyID]; id != "" {
		s.keyIDs[onlyKey] = id
	}
	if ids := found[contract.OutputAPIKeyIDs]; ids != "" {
		if err := json.Unmarshal([]byte(ids), &s.keyIDs); err != nil {
			return nil, fmt.Errorf("find the stage %s: its output %s is not a JSON object of ids: %w", contract.Environment(prefix, name), contract.OutputAPIKeyIDs, err)
		}
	}
	return s, nil
}

// outputsOf returns the outputs of a CloudFormation stack, which answers ValidationError
// for one that does not exist:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
func outputsOf(ctx context.Context, client *cloudformation.Client, name, region string) (map[string]string, arn.ARN, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	got, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if failure, is := errors.AsType[smithy.APIError](err); (is && failure.ErrorCode() == "ValidationError") || (err == nil && len(got.Stacks) == 0) {
		return nil, arn.ARN{}, fmt.Errorf("there is no stack %s in %s: check --stage, --name-prefix, --region and the AWS profile; a stage deployed by Terraform has no such stacks, so give --endpoint and the others, or a profile", name, region)
	}
	if err != nil {
		return nil, arn.ARN{}, err
	}
	outputs := map[string]string{}
	for _, output := range got.Stacks[0].Outputs {
		outputs[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
	}
	id, err := arn.Parse(aws.ToString(got.Stacks[0].StackId))
	if err != nil {
		return nil, id, fmt.Errorf("the id of the stack %s: %w", name, err)
	}
	return outputs, id, nil
}

// onlyKey names the key of a stage without clients.
const onlyKey = ""

// keyID chooses a key: the one of a client, by the client's name or by the key's own, such
// as orders-b. Without a name it is the stage's only client's. It is empty for a stage
// whose callers show no key.
func (s *Stack) keyID(of string) (string, error) {
	clients := map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(s.keyIDs)) {
		client := key
		if i := strings.LastIndexByte(key, '-'); i > 0 {
			client = key[:i]
		}
		clients[client] = append(clients[client], key)
	}
	names := slices.Sorted(maps.Keys(clients))
	switch {
	case of != "" && s.keyIDs[of] != "":
		return s.keyIDs[of], nil
	case len(clients[of]) > 0:
		return s.keyIDs[clients[of][0]], nil
	case of != "":
		return "", exit.Usagef("%s has no client %s with an API key: it has %s", s.Name, of, cmpOrNone(names))
	case len(names) == 0:
		return "", nil
	case len(names) > 1:
		return "", exit.Usagef("%s has several clients: say whose API key to use with --key-of %s", s.Name, strings.Join(names, ", or "))
	}
	return s.keyIDs[clients[names[0]][0]], nil
}

func cmpOrNone(names []string) string {
	if len(names) == 0 || (len(names) == 1 && names[0] == onlyKey) {
		return "none"
	}
	return strings.Join(names, ", ")
}

// apiKey asks API Gateway for the value of a key, which it tells only when it is asked to:
// https://docs.aws.amazon.com/apigateway/latest/api/API_GetApiKey.html
func (s *Stack) apiKey(ctx context.Context) (string, error) {
	id, err := s.keyID(s.keyOf)
	if err != nil || id == "" {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	got, err := apigateway.NewFromConfig(s.AWS).GetApiKey(ctx, &apigateway.GetApiKeyInput{ApiKey: &id, IncludeValue: aws.Bool(true)})
	if err != nil {
		return "", fmt.Errorf("get the API key %s of %s (--api-key gives one): %w", id, s.Name, err)
	}
	return aws.ToString(got.Value), nil
}
