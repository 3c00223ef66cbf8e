"""Rolls a stack back whose creation failed, which moto does not: what was made is
deleted again, save for what has the deletion policy Retain. RetainExceptOnCreate is
deleted ("DeletionPolicy attribute",
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html).
The second deployment then turns termination protection on, which moto does not either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudformation.models import CloudFormationBackend, Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult

from .api import API, Properties

# How each type is deleted that a stack which is rolled back has: service, operation,
# the argument that takes the id, and the others.
OPERATIONS: dict[str, tuple[str, str, str, Properties]] = {
    "AWS::EC2::SecurityGroup": ("ec2", "delete_security_group", "GroupId", {}),
    "AWS::Logs::LogGroup": ("logs", "delete_log_group", "LogGroupName", {}),
    "AWS::RDS::DBInstance": ("rds", "delete_db_instance", "DBInstanceIdentifier", {"SkipFinalSnapshot": True}),
    "AWS::RDS::DBParameterGroup": ("rds", "delete_db_parameter_group", "DBParameterGroupName", {}),
    "AWS::RDS::DBProxy": ("rds", "delete_db_proxy", "DBProxyName", {}),
    "AWS::RDS::DBSubnetGroup": ("rds", "delete_db_subnet_group", "DBSubnetGroupName", {}),
    "AWS::S3::Bucket": ("s3", "delete_bucket", "Bucket", {}),
}

# These are gone with what they are a part of.
PARTS = {
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::RDS::DBProxyTargetGroup",
    "AWS::S3::BucketPolicy",
}


def delete(api: API, type_name: str, id: str) -> None:
    if type_name in PARTS:
        return
    if type_name == "AWS::IAM::Role":
        role(api, id)
        return
    service, operation, argument, others = OPERATIONS[type_name]
    api.call(service, operation, {argument: id, **others})


def role(api: API, name: str) -> None:
    for policy in api.call("iam", "list_attached_role_policies", {"RoleName": name})["AttachedPolicies"]:
        api.call("iam", "detach_role_policy", {"RoleName": name, "PolicyArn": policy["PolicyArn"]})
    for policy in api.call("iam", "list_role_policies", {"RoleName": name})["PolicyNames"]:
        api.call("iam", "delete_role_policy", {"RoleName": name, "PolicyName": policy})
    api.call("iam", "delete_role", {"RoleName": name})


def mend() -> None:
    CloudFormationBackend.create_stack = _with_rollback(CloudFormationBackend.create_stack)
    CloudFormationResponse.update_termination_protection = _update_termination_protection


def _update_termination_protection(self: CloudFormationResponse) -> ActionResult:
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    stack.enable_termination_protection = self._get_bool_param("EnableTerminationProtection")
    return ActionResult({"StackId": stack.stack_id})


def _with_rollback(create: Callable[..., Stack]) -> Callable[..., Stack]:
    def create_or_roll_back(backend: CloudFormationBackend, name: str, *args: Any, **about: Any) -> Stack:
        known = set(backend.stacks)
        try:
            return create(backend, name, *args, **about)
        except Exception:
            for id in set(backend.stacks) - known:
                stack = backend.stacks[id]
                stack.output_map._output_json_map = {}  # to ask for one would make what it tells of
                stack.resource_map.delete()
                stack.status = "ROLLBACK_COMPLETE"
            raise

    return create_or_roll_back
