package privilege_test

import (
	"testing"

	"github.com/fluxa/fluxa/cdk/privilege"
)

// resolved returns the name of a value that stands as the resource of a statement
// in stack "here", beside the stack "there".
func resolved(t *testing.T, value any) string {
	t.Helper()
	resource := func(kind string, properties tree) any { return tree{"Type": kind, "Properties": properties} }
	functions, err := privilege.Granted(parsed(t, map[string]tree{
		"here": {
			"Parameters": tree{"Given": tree{"Type": "String"}},
			"Resources": tree{
				"Function": resource("AWS::Lambda::Function", tree{"Role": tree{"Fn::GetAtt": []any{"Role", "Arn"}}}),
				"Role": resource("AWS::IAM::Role", tree{"Policies": []any{tree{"PolicyDocument": tree{
					"Statement": tree{"Effect": "Allow", "Action": "s3:GetObject", "Resource": value}}}}}),
				"Topic":      resource("AWS::SNS::Topic", nil),
				"Queue":      resource("AWS::SQS::Queue", nil),
				"Key":        resource("AWS::KMS::Key", nil),
				"Secret":     resource("AWS::SecretsManager::Secret", nil),
				"Attachment": resource("AWS::SecretsManager::SecretTargetAttachment", tree{"SecretId": tree{"Ref": "Secret"}}),
				"Log":        resource("AWS::Logs::LogGroup", tree{"LogGroupName": "/aws/lambda/f"}),
			},
		},
		"there": {
			"Resources": tree{"Bucket": resource("AWS::S3::Bucket", nil), "Key": resource("AWS::KMS::Key", nil)},
			"Outputs": tree{
				"BucketArn": tree{"Value": tree{"Fn::GetAtt": []any{"Bucket", "Arn"}}, "Export": tree{"Name": "there:BucketArn"}},
				"KeyArn":    tree{"Value": tree{"Fn::GetAtt": []any{"Key", "Arn"}}, "Export": tree{"Name": "there:KeyArn"}},
				"Unnamed":   tree{"Value": "x"},
			},
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	if len(functions) != 1 || functions[0].Name != "here/Function" || len(functions[0].Allow) != 1 {
		t.Fatalf("functions %+v", functions)
	}
	return functions[0].Allow[0].Resource
}

func TestGranted_names_resources_alike_however_they_are_written(t *testing.T) {
	t.Parallel()
	bucket := tree{"Fn::ImportValue": "there:BucketArn"}
	for want, values := range map[string][]any{
		"AWS::SQS::Queue Queue.Arn": {
			tree{"Fn::GetAtt": []any{"Queue", "Arn"}}, tree{"Fn::GetAtt": "Queue.Arn"}, tree{"Fn::Sub": "${Queue.Arn}"},
			tree{"Fn::Join": []any{"", []any{tree{"Fn::GetAtt": []any{"Queue", "Arn"}}}}},
			tree{"Fn::Sub": []any{"${It}", tree{"It": tree{"Fn::GetAtt": "Queue.Arn"}}}},
		},
		"AWS::SQS::Queue Queue":            {tree{"Ref": "Queue"}, tree{"Fn::Sub": "${Queue}"}},
		"AWS::SNS::Topic Topic.Arn":        {tree{"Ref": "Topic"}, tree{"Fn::GetAtt": []any{"Topic", "TopicArn"}}},
		"AWS::SNS::Topic Topic.TopicName":  {tree{"Fn::GetAtt": []any{"Topic", "TopicName"}}},
		"AWS::S3::Bucket Bucket.Arn":       {bucket, tree{"Fn::ImportValue": tree{"Fn::Sub": "there:BucketArn"}}},
		"AWS::S3::Bucket Bucket.Arn/raw/*": {tree{"Fn::Join": []any{"", []any{bucket, "/raw/*"}}}, tree{"Fn::Join": []any{"/", []any{bucket, "raw", "*"}}}},
		"AWS::KMS::Key here/Key.Arn":       {tree{"Fn::GetAtt": []any{"Key", "Arn"}}},
		"AWS::KMS::Key there/Key.Arn":      {tree{"Fn::ImportValue": "there:KeyArn"}},
		"AWS::SecretsManager::Secret Secret.Arn": {
			tree{"Ref": "Secret"}, tree{"Ref": "Attachment"}, tree{"Fn::GetAtt": "Secret.Id"}},
		"AWS::Logs::LogGroup Log.Arn": {
			tree{"Fn::GetAtt": []any{"Log", "Arn"}}, "arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/f:*",
			tree{"Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/f:*"}},
		"arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/f":   {"arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/f"},
		"arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/g:*": {"arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/g:*"},
		"${Given}/${AWS::Region}/${Literal}":                 {tree{"Fn::Sub": "${Given}/${AWS::Region}/${!Literal}"}},
		"*":                                                  {"*", []any{"*"}},
	} {
		for _, value := range values {
			if got := resolved(t, value); got != want {
				t.Errorf("%v is %s, want %s", value, got, want)
			}
		}
	}
}
