package emulated_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
)

// read returns what AWS says of a resource, by the names of its type's properties.
func (c *cloud) read(ctx context.Context, r resource) (object, error) {
	reader, known := readers()[r.Type]
	if !known {
		return nil, errors.New("no reader knows its type: add one to readers")
	}
	return reader(ctx, c, r)
}

// reader asks AWS for one resource.
type reader func(context.Context, *cloud, resource) (object, error)

var errNotThere = errors.New("AWS does not have it")

// said makes one object of answers and of further members, of which a later one
// counts.
func said(answers ...any) (object, error) {
	out := object{}
	for _, answer := range answers {
		raw, err := json.Marshal(answer)
		if err != nil {
			return nil, err
		}
		var members object
		if err := json.Unmarshal(raw, &members); err != nil {
			return nil, err
		}
		maps.Copy(out, members)
	}
	return out, nil
}

// readers has one for each type that a template may have.
func readers() map[string]reader {
	return map[string]reader{
		"AWS::ApiGateway::Account":              readAPIAccount,
		"AWS::ApiGateway::ApiKey":               readAPIKey,
		"AWS::ApiGateway::Deployment":           readDeployment,
		"AWS::ApiGateway::GatewayResponse":      readAnswer,
		"AWS::ApiGateway::Method":               readMethod,
		"AWS::ApiGateway::Model":                readModel,
		"AWS::ApiGateway::RequestValidator":     readValidator,
		"AWS::ApiGateway::Resource":             readAPIResource,
		"AWS::ApiGateway::RestApi":              readAPI,
		"AWS::ApiGateway::Stage":                readStage,
		"AWS::ApiGateway::UsagePlan":            readPlan,
		"AWS::ApiGateway::UsagePlanKey":         readPlanKey,
		"AWS::CloudWatch::Alarm":                readAlarm,
		"AWS::CloudWatch::CompositeAlarm":       readCompositeAlarm,
		"AWS::CloudWatch::Dashboard":            readDashboard,
		"AWS::CodeDeploy::Application":          readApplication,
		"AWS::CodeDeploy::DeploymentGroup":      readDeploymentGroup,
		"AWS::EC2::FlowLog":                     readFlowLog,
		"AWS::EC2::RouteTable":                  readRouteTable,
		"AWS::EC2::SecurityGroup":               readSecurityGroup,
		"AWS::EC2::SecurityGroupEgress":         readEgress,
		"AWS::EC2::SecurityGroupIngress":        readIngress,
		"AWS::EC2::Subnet":                      readSubnet,
		"AWS::EC2::SubnetRouteTableAssociation": readRouteTableAssociation,
		"AWS::EC2::VPC":                         readVPC,
		"AWS::EC2::VPCEndpoint":                 readEndpoint,
		"AWS::IAM::Policy":                      readRolePolicy,
		"AWS::IAM::Role":                        readRole,
		"AWS::KMS::Alias":                       readKeyAlias,
		"AWS::KMS::Key":                         readKey,
		"AWS::Lambda::Alias":                    readAlias,
		"AWS::Lambda::EventSourceMapping":       readMapping,
		"AWS::Lambda::Function":                 readFunction,
		"AWS::Lambda::Permission":               readPermission,
		"AWS::Lambda::Version":                  readVersion,
		"AWS::Logs::LogGroup":                   readLogGroup,
		"AWS::RDS::DBInstance":                  readDatabase,
		"AWS::RDS::DBParameterGroup":            readParameterGroup,
		"AWS::RDS::DBProxy":                     readProxy,
		"AWS::RDS::DBProxyTargetGroup":          readProxyTargets,
		"AWS::RDS::DBSubnetGroup":               readSubnetGroup,
		"AWS::S3::Bucket":                       readBucket,
		"AWS::S3::BucketPolicy":                 readBucketPolicy,
		"AWS::Scheduler::Schedule":              readSchedule,
		"AWS::SNS::Topic":                       readTopic,
		"AWS::SNS::TopicPolicy":                 readTopicPolicy,
		"AWS::SQS::Queue":                       readQueue,
		"AWS::SQS::QueuePolicy":                 readQueuePolicy,
		"AWS::WAFv2::LoggingConfiguration":      readWebACLLogging,
		"AWS::WAFv2::WebACL":                    readWebACL,
		"AWS::WAFv2::WebACLAssociation":         readWebACLAssociation,
	}
}
