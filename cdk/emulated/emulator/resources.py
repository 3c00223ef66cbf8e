"""How each resource type is made by the AWS API.

Types that are not here are moto's own, or not there at all: see excluded.yaml.
"""

from __future__ import annotations

import re

from . import cloudformation, prod
from .api import API, Properties
from .cloudformation import Made, Maker


def register(endpoint: str) -> None:
    """Teaches moto the types below. Their properties reach the API at the endpoint."""
    for type_name, name_property, maker in [
        ("AWS::ApiGateway::Account", "", api_account),
        ("AWS::ApiGateway::ApiKey", "", api_key),
        ("AWS::ApiGateway::Deployment", "", one_call("apigateway", "create_deployment", "id")),
        ("AWS::ApiGateway::GatewayResponse", "", one_call("apigateway", "put_gateway_response")),
        ("AWS::ApiGateway::Method", "", api_method),
        ("AWS::ApiGateway::Model", "", one_call("apigateway", "create_model", "name")),
        ("AWS::ApiGateway::RequestValidator", "", one_call("apigateway", "create_request_validator", "id")),
        ("AWS::ApiGateway::Resource", "", one_call("apigateway", "create_resource", "id")),
        ("AWS::ApiGateway::RestApi", "", rest_api),
        ("AWS::ApiGateway::Stage", "", api_stage),
        ("AWS::ApiGateway::UsagePlan", "", usage_plan),
        ("AWS::ApiGateway::UsagePlanKey", "", one_call("apigateway", "create_usage_plan_key", "id")),
        ("AWS::CloudWatch::Alarm", "AlarmName", alarm),
        ("AWS::CloudWatch::CompositeAlarm", "AlarmName", composite_alarm),
        ("AWS::CloudWatch::Dashboard", "DashboardName", one_call("cloudwatch", "put_dashboard")),
        ("AWS::CodeDeploy::Application", "ApplicationName", one_call("codedeploy", "create_application")),
        ("AWS::CodeDeploy::DeploymentGroup", "DeploymentGroupName", one_call("codedeploy", "create_deployment_group")),
        ("AWS::EC2::RouteTable", "", tagged("create_route_table", "RouteTable", "RouteTableId")),
        ("AWS::EC2::SecurityGroup", "GroupName", security_group),
        ("AWS::EC2::SecurityGroupEgress", "", egress),
        ("AWS::EC2::SecurityGroupIngress", "", ingress),
        ("AWS::EC2::SubnetRouteTableAssociation", "", one_call("ec2", "associate_route_table", "AssociationId")),
        ("AWS::EC2::VPC", "", vpc),
        ("AWS::EC2::VPCEndpoint", "", tagged("create_vpc_endpoint", "VpcEndpoint", "VpcEndpointId")),
        ("AWS::IAM::Role", "RoleName", role),
        ("AWS::KMS::Key", "", key),
        ("AWS::Lambda::Alias", "", one_call("lambda", "create_alias", "AliasArn")),
        ("AWS::Lambda::EventSourceMapping", "", one_call("lambda", "create_event_source_mapping", "UUID")),
        ("AWS::Lambda::Function", "FunctionName", function),
        ("AWS::Lambda::Permission", "", permission),
        ("AWS::Lambda::Version", "", function_version),
        ("AWS::Logs::LogGroup", "LogGroupName", log_group),
        ("AWS::RDS::DBInstance", "DBInstanceIdentifier", database),
        ("AWS::RDS::DBParameterGroup", "DBParameterGroupName", parameter_group),
        ("AWS::RDS::DBProxy", "DBProxyName", prod.proxy),
        ("AWS::RDS::DBProxyTargetGroup", "", prod.proxy_targets),
        ("AWS::RDS::DBSubnetGroup", "DBSubnetGroupName", one_call("rds", "create_db_subnet_group")),
        ("AWS::S3::Bucket", "BucketName", bucket),
        ("AWS::S3::BucketPolicy", "", bucket_policy),
        ("AWS::Scheduler::Schedule", "Name", one_call("scheduler", "create_schedule")),
        ("AWS::SNS::Topic", "TopicName", topic),
        ("AWS::SNS::TopicPolicy", "", topic_policy),
        ("AWS::SQS::Queue", "QueueName", queue),
        ("AWS::SQS::QueuePolicy", "", queue_policy),
        ("AWS::WAFv2::LoggingConfiguration", "", prod.web_acl_logging),
        ("AWS::WAFv2::WebACL", "Name", prod.web_acl),
        ("AWS::WAFv2::WebACLAssociation", "", prod.web_acl_association),
    ]:
        cloudformation.register(endpoint, type_name, name_property, maker)
    cloudformation.register_custom(endpoint, custom_resource)


def one_call(service: str, operation: str, result: str = "") -> Maker:
    """A resource that one operation makes, of the same properties. The result is
    the field of the answer that Ref returns; without one it is the name."""

    def make(api: API, name: str, p: Properties) -> Made:
        answer = api.call(service, operation, p)
        return Made(str(answer[result]) if result else name)

    return make


def without(p: Properties, *names: str) -> Properties:
    return {name: value for name, value in p.items() if name not in names}


def custom_resource(api: API, name: str, p: Properties) -> Made:
    # What would be invoked must be there; to invoke it takes Docker.
    api.call("lambda", "get_function", {"FunctionName": p["ServiceToken"]})
    return Made(name)


def alarm(api: API, name: str, p: Properties) -> Made:
    api.call("cloudwatch", "put_metric_alarm", p)
    found = api.call("cloudwatch", "describe_alarms", {"AlarmNames": [name]})
    return Made(name, {"Arn": found["MetricAlarms"][0]["AlarmArn"]})


def composite_alarm(api: API, name: str, p: Properties) -> Made:
    api.call("cloudwatch", "put_composite_alarm", p)
    found = api.call("cloudwatch", "describe_alarms", {"AlarmNames": [name], "AlarmTypes": ["CompositeAlarm"]})
    return Made(name, {"Arn": found["CompositeAlarms"][0]["AlarmArn"]})


def bucket(api: API, name: str, p: Properties) -> Made:
    left = without(p, "BucketName")
    api.call("s3", "create_bucket", {"Bucket": name, "ACL": left.pop("AccessControl", "Private").lower()})
    parts = {
        "BucketEncryption": ("put_bucket_encryption", "ServerSideEncryptionConfiguration", encryption),
        "LifecycleConfiguration": ("put_bucket_lifecycle_configuration", "LifecycleConfiguration", lifecycle),
        "LoggingConfiguration": ("put_bucket_logging", "BucketLoggingStatus", prod.access_logs),
        "OwnershipControls": ("put_bucket_ownership_controls", "OwnershipControls", None),
        "PublicAccessBlockConfiguration": ("put_public_access_block", "PublicAccessBlockConfiguration", None),
        "Tags": ("put_bucket_tagging", "Tagging", lambda tags: {"TagSet": tags}),
        "VersioningConfiguration": ("put_bucket_versioning", "VersioningConfiguration", None),
    }
    for part, (operation, argument, translate) in parts.items():
        if part in left:
            value = left.pop(part)
            api.call("s3", operation, {"Bucket": name, argument: translate(value) if translate else value})
    if left:
        raise ValueError(f"the emulator does not know {', '.join(left)}")
    return Made(name, {"Arn": f"arn:aws:s3:::{name}"})


def encryption(p: Properties) -> Properties:
    rules = p["ServerSideEncryptionConfiguration"]
    default = "ServerSideEncryptionByDefault"
    return {"Rules": [{**without(rule, default), f"Apply{default}": rule[default]} for rule in rules]}


def lifecycle(p: Properties) -> Properties:
    return {"Rules": [lifecycle_rule(rule) for rule in p["Rules"]]}


def lifecycle_rule(rule: Properties) -> Properties:
    made = without(rule, "ExpirationInDays", "ExpiredObjectDeleteMarker", "Transitions", "Prefix")
    made["Filter"] = {"Prefix": rule.get("Prefix", "")}
    if "Transitions" in rule:
        made["Transitions"] = [
            {**without(each, "TransitionInDays"), "Days": each["TransitionInDays"]} for each in rule["Transitions"]
        ]
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": rule["ExpirationInDays"]}
    if "ExpiredObjectDeleteMarker" in rule:
        made["Expiration"] = {"ExpiredObjectDeleteMarker": rule["ExpiredObjectDeleteMarker"]}
    return made


def bucket_policy(api: API, name: str, p: Properties) -> Made:
    api.call("s3", "put_bucket_policy", {"Bucket": p["Bucket"], "Policy": p["PolicyDocument"]})
    return Made(p["Bucket"])


def queue(api: API, name: str, p: Properties) -> Made:
    attributes = without(p, "QueueName", "Tags")
    url = api.call("sqs", "create_queue", {"QueueName": name, "Attributes": attributes, "Tags": p.get("Tags", [])})["QueueUrl"]
    found = api.call("sqs", "get_queue_attributes", {"QueueUrl": url, "AttributeNames": ["QueueArn"]})
    return Made(url, {"Arn": found["Attributes"]["QueueArn"], "QueueName": name})


def queue_policy(api: API, name: str, p: Properties) -> Made:
    for url in p["Queues"]:
        api.call("sqs", "set_queue_attributes", {"QueueUrl": url, "Attributes": {"Policy": p["PolicyDocument"]}})
    return Made(name)


def topic(api: API, name: str, p: Properties) -> Made:
    attributes = without(p, "TopicName", "Tags")
    arn = api.call("sns", "create_topic", {"Name": name, "Attributes": attributes, "Tags": p.get("Tags", [])})["TopicArn"]
    return Made(arn, {"TopicArn": arn, "TopicName": name})


def topic_policy(api: API, name: str, p: Properties) -> Made:
    for arn in p["Topics"]:
        policy = {"AttributeName": "Policy", "AttributeValue": p["PolicyDocument"]}
        api.call("sns", "set_topic_attributes", {"TopicArn": arn, **policy})
    return Made(name)


def log_group(api: API, name: str, p: Properties) -> Made:
    api.call("logs", "create_log_group", without(p, "RetentionInDays"))
    if "RetentionInDays" in p:
        api.call("logs", "put_retention_policy", {"LogGroupName": name, "RetentionInDays": p["RetentionInDays"]})
    found = api.call("logs", "describe_log_groups", {"LogGroupNamePrefix": name})["logGroups"]
    return Made(name, {"Arn": next(group["arn"] for group in found if group["logGroupName"] == name)})


def tagged(operation: str, result: str, id_field: str) -> Maker:
    """A part of a network that one operation makes. EC2 wants the tags in a form of
    its own, with the type of what is tagged."""
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", result).lower()

    def make(api: API, name: str, p: Properties) -> Made:
        made = api.call("ec2", operation, {**without(p, "Tags"), **tags(kind, p)})[result]
        return Made(made[id_field])

    return make


def tags(kind: str, p: Properties) -> Properties:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": p["Tags"]}]} if p.get("Tags") else {}


def vpc(api: API, name: str, p: Properties) -> Made:
    wanted = without(p, "EnableDnsHostnames", "EnableDnsSupport", "Tags")
    made = api.call("ec2", "create_vpc", {**wanted, **tags("vpc", p)})["Vpc"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        if attribute in p:
            api.call("ec2", "modify_vpc_attribute", {"VpcId": made["VpcId"], attribute: {"Value": p[attribute]}})
    return Made(made["VpcId"], {"CidrBlock": made["CidrBlock"]})


def security_group(api: API, name: str, p: Properties) -> Made:
    wanted = {"GroupName": name, "Description": p["GroupDescription"], "VpcId": p["VpcId"]}
    group = api.call("ec2", "create_security_group", {**wanted, **tags("security-group", p)})["GroupId"]
    if "SecurityGroupEgress" in p:
        everything = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
        api.call("ec2", "revoke_security_group_egress", {"GroupId": group, "IpPermissions": [rule(everything)]})
        rules = [rule(each) for each in p["SecurityGroupEgress"]]
        api.call("ec2", "authorize_security_group_egress", {"GroupId": group, "IpPermissions": rules})
    for each in p.get("SecurityGroupIngress", []):
        ingress(api, name, {**each, "GroupId": group})
    return Made(group, {"GroupId": group, "VpcId": p["VpcId"]})


def ingress(api: API, name: str, p: Properties) -> Made:
    permissions = [rule(without(p, "GroupId"))]
    made = api.call("ec2", "authorize_security_group_ingress", {"GroupId": p["GroupId"], "IpPermissions": permissions})
    return Made(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def egress(api: API, name: str, p: Properties) -> Made:
    permissions = [rule(without(p, "GroupId"))]
    made = api.call("ec2", "authorize_security_group_egress", {"GroupId": p["GroupId"], "IpPermissions": permissions})
    return Made(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def rule(p: Properties) -> Properties:
    """A rule of CloudFormation has one peer; one of the API has lists of them, each
    with the description."""
    about = {"Description": p["Description"]} if "Description" in p else {}
    made = without(p, "Description", "CidrIp", "SourceSecurityGroupId", "DestinationSecurityGroupId")
    if "CidrIp" in p:
        made["IpRanges"] = [{"CidrIp": p["CidrIp"], **about}]
    for peer in ("SourceSecurityGroupId", "DestinationSecurityGroupId"):
        if peer in p:
            made["UserIdGroupPairs"] = [{"GroupId": p[peer], **about}]
    return made


def key(api: API, name: str, p: Properties) -> Made:
    wanted = without(p, "KeyPolicy", "EnableKeyRotation", "Tags")
    wanted["Policy"] = p["KeyPolicy"]
    wanted["Tags"] = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in p.get("Tags", [])]
    made = api.call("kms", "create_key", wanted)["KeyMetadata"]
    if p.get("EnableKeyRotation"):
        api.call("kms", "enable_key_rotation", {"KeyId": made["KeyId"]})
    return Made(made["KeyId"], {"Arn": made["Arn"]})


def role(api: API, name: str, p: Properties) -> Made:
    name = name[:64]  # as long as a name may be that CloudFormation makes up
    made = api.call("iam", "create_role", {**without(p, "ManagedPolicyArns", "Policies"), "RoleName": name})["Role"]
    for arn in p.get("ManagedPolicyArns", []):
        api.call("iam", "attach_role_policy", {"RoleName": name, "PolicyArn": arn})
    for policy in p.get("Policies", []):
        api.call("iam", "put_role_policy", {"RoleName": name, **policy})
    return Made(name, {"Arn": made["Arn"], "RoleId": made["RoleId"]})


def function(api: API, name: str, p: Properties) -> Made:
    reserved = {key: p[key] for key in ["ReservedConcurrentExecutions"] if key in p}
    made = api.call("lambda", "create_function", without(p, *reserved))
    if reserved:
        api.call("lambda", "put_function_concurrency", {"FunctionName": name, **reserved})
    return Made(name, {"Arn": made["FunctionArn"]})


def function_version(api: API, name: str, p: Properties) -> Made:
    made = api.call("lambda", "publish_version", p)
    return Made(made["FunctionArn"], {"Version": made["Version"]})


def permission(api: API, name: str, p: Properties) -> Made:
    wanted = {**p, "StatementId": name}
    if p["FunctionName"].count(":") == 7:  # the ARN of an alias or a version
        wanted["FunctionName"], wanted["Qualifier"] = p["FunctionName"].rsplit(":", 1)
    api.call("lambda", "add_permission", wanted)
    return Made(name)


def database(api: API, name: str, p: Properties) -> Made:
    # RDS asks for these when the instance is deleted and when it is changed.
    wanted = without(p, "VPCSecurityGroups", "DeleteAutomatedBackups", "AllowMajorVersionUpgrade")
    wanted["VpcSecurityGroupIds"] = p.get("VPCSecurityGroups", [])
    made = api.call("rds", "create_db_instance", wanted)["DBInstance"]
    attributes = {
        "Endpoint.Address": made["Endpoint"]["Address"],
        "Endpoint.Port": str(made["Endpoint"]["Port"]),
        "DbiResourceId": made["DbiResourceId"],
    }
    if "MasterUserSecret" in made:
        attributes["MasterUserSecret.SecretArn"] = made["MasterUserSecret"]["SecretArn"]
    return Made(name, attributes)


def parameter_group(api: API, name: str, p: Properties) -> Made:
    wanted = without(p, "Family", "Parameters")
    wanted["DBParameterGroupFamily"] = p["Family"]
    api.call("rds", "create_db_parameter_group", wanted)
    parameters = [
        {"ParameterName": key, "ParameterValue": value, "ApplyMethod": "pending-reboot"}
        for key, value in p.get("Parameters", {}).items()
    ]
    api.call("rds", "modify_db_parameter_group", {"DBParameterGroupName": name, "Parameters": parameters})
    return Made(name)


def rest_api(api: API, name: str, p: Properties) -> Made:
    made = api.call("apigateway", "create_rest_api", p)
    return Made(made["id"], {"RootResourceId": made["rootResourceId"]})


def api_key(api: API, name: str, p: Properties) -> Made:
    # moto answers with stage keys in a form that no SDK of AWS can read.
    made = api.call("apigateway", "create_api_key", without(p, "StageKeys"))
    return Made(made["id"])


def api_method(api: API, name: str, p: Properties) -> Made:
    api.call("apigateway", "put_method", without(p, "Integration"))
    where = {key: p[key] for key in ("RestApiId", "ResourceId", "HttpMethod")}
    api.call("apigateway", "put_integration", {**p["Integration"], **where})
    return Made(name)


def api_stage(api: API, name: str, p: Properties) -> Made:
    api.call("apigateway", "create_stage", without(p, "AccessLogSetting", "MethodSettings"))
    access = p.get("AccessLogSetting", {})
    changes = {f"/accessLogSettings/{key[0].lower()}{key[1:]}": value for key, value in access.items()}
    paths = {
        "DataTraceEnabled": "logging/dataTrace",
        "LoggingLevel": "logging/loglevel",
        "MetricsEnabled": "metrics/enabled",
        "ThrottlingBurstLimit": "throttling/burstLimit",
        "ThrottlingRateLimit": "throttling/rateLimit",
    }
    for setting in p.get("MethodSettings", []):
        # CloudFormation writes /* where the API writes *.
        where = setting["ResourcePath"].removeprefix("/").replace("/", "~1") + "/" + setting["HttpMethod"]
        for name, value in without(setting, "ResourcePath", "HttpMethod").items():
            changes[f"/{where}/{paths[name]}"] = value
    patch(api, "update_stage", {"RestApiId": p["RestApiId"], "StageName": p["StageName"]}, changes)
    return Made(p["StageName"])


def api_account(api: API, name: str, p: Properties) -> Made:
    patch(api, "update_account", {}, {"/cloudwatchRoleArn": p["CloudWatchRoleArn"]})
    return Made(name)


def patch(api: API, operation: str, what: Properties, changes: Properties) -> None:
    operations = [{"op": "replace", "path": path, "value": value} for path, value in changes.items()]
    api.call("apigateway", operation, {**what, "PatchOperations": operations})


def usage_plan(api: API, name: str, p: Properties) -> Made:
    made = api.call("apigateway", "create_usage_plan", {**without(p, "UsagePlanName"), "Name": p["UsagePlanName"]})
    return Made(made["id"])
