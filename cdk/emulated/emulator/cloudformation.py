"""Teaches moto's CloudFormation resource types that it does not have, or of which
it keeps a part only."""

from __future__ import annotations

import copy
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from moto.awslambda.models import EventSourceMapping, LambdaBackend
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.common_models import CloudFormationModel
from moto.iam.access_control import PermissionResult
from moto.rds.models import MasterUserSecret
from moto.s3.models import FakeBucket, S3Backend
from moto.sqs.models import Queue

from . import rollback
from .api import API, Properties


@dataclass
class Made:
    """A resource that was made: what Ref and Fn::GetAtt say of it."""

    id: str
    attributes: dict[str, str] = field(default_factory=dict)


# A maker gets the resource's name, which is among the properties too where the
# type has one.
Maker = Callable[[API, str, Properties], Made]


class MadeByAPI:
    """What moto wants of a model, for a resource that a maker made by the AWS API."""

    type_name: ClassVar[str]
    name_property: ClassVar[str]
    endpoint: ClassVar[str]
    maker: ClassVar[Maker]
    made: Made
    wanted: Properties

    @property
    def physical_resource_id(self) -> str:
        return self.made.id

    def is_created(self) -> bool:
        return True

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.type_name

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return cls.name_property

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return True  # get_cfn_attribute knows better, once the resource is made

    def get_cfn_attribute(self, attribute_name: str) -> str:
        if attribute_name not in self.made.attributes:
            raise ValidationError(message=f"the emulator's {self.type_name} has no attribute {attribute_name}")
        return self.made.attributes[attribute_name]

    def delete(self, account_id: str, region_name: str) -> None:
        try:
            rollback.delete(API(self.endpoint, region_name), self.type_name, self.made.id)
        except Exception as error:
            raise ValidationError(message=f"{self.made.id}, {self.type_name}: not deleted: {error}") from error

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **about: Any
    ) -> MadeByAPI:
        p = cloudformation_json["Properties"]
        resource = cls()
        resource.wanted = copy.deepcopy(p)
        if cls.name_property:
            p.setdefault(cls.name_property, resource_name)
            resource_name = p[cls.name_property]
        try:
            resource.made = cls.maker(API(cls.endpoint, region_name), resource_name, p)
        except Exception as error:
            # Whatever it was: a server error would be tried again and again.
            raise ValidationError(message=f"{about['LogicalId']}, {about['ResourceType']}: {error}") from error
        return resource

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: MadeByAPI, cloudformation_json: dict[str, Any], **about: Any
    ) -> MadeByAPI:
        """Changes nothing: a resource is in an update for its metadata, too."""
        if cloudformation_json["Properties"] != original_resource.wanted:
            raise ValidationError(message=f"the emulator makes {cls.type_name} and does not change it")
        return original_resource


def register(endpoint: str, type_name: str, name_property: str, maker: Maker) -> type[MadeByAPI]:
    """Makes moto use the maker for the type, in place of a model of its own.

    moto looks for the direct subclasses of CloudFormationModel, of which the last
    one of a type counts.
    """
    members = {"type_name": type_name, "name_property": name_property, "endpoint": endpoint, "maker": staticmethod(maker)}
    return type(type_name, (MadeByAPI, CloudFormationModel), members)


def register_custom(endpoint: str, maker: Maker) -> None:
    """Makes moto use the maker for every custom resource."""
    parsing.CustomModel = register(endpoint, "Custom::", "", maker)


def mend() -> None:
    """Mends what moto's own parts do otherwise than AWS, as far as Fluxa needs it."""
    # Without it, the policies that AWS keeps are not there to attach.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    # The method says that it is for composite alarms too, but has one name only.
    CloudWatchResponse.put_composite_alarm = CloudWatchResponse.put_metric_alarm
    # A bucket's policy is judged without its conditions: one that refuses what
    # comes without TLS would refuse everything. It is kept here and not enforced.
    FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL
    # A bucket takes logs from the start where its policy, which names the buckets that
    # write them, comes after these.
    FakeBucket._log_permissions_enabled_policy = staticmethod(lambda **_: True)
    # S3 writes such logs within hours, moto at once: a bucket with one is not deleted.
    S3Backend.log_incoming_request = lambda *_: None
    # A queue takes this attribute, and does not show it.
    Queue.BASE_ATTRIBUTES.append("RedriveAllowPolicy")
    Queue.redrive_allow_policy = None
    MasterUserSecret._generate_secret_string = _login
    LambdaBackend.create_event_source_mapping = _to_alias(LambdaBackend.create_event_source_mapping)
    parsing.ResourceMap.__getitem__ = _in_order(parsing.ResourceMap.__getitem__)
    CloudFormationBackend._resolve_update_parameters = _known(CloudFormationBackend._resolve_update_parameters)
    rollback.mend()


def _known(resolve: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    """Leaves to its default what an update takes over from a stack that left it so."""

    def resolve_known(
        backend: CloudFormationBackend, instance: Any, incoming_params: list[dict[str, Any]]
    ) -> dict[str, str]:
        known = [
            each
            for each in incoming_params
            if "ParameterValue" in each or each["ParameterKey"] in instance.parameters
        ]
        return resolve(backend, instance=instance, incoming_params=known)

    return resolve_known


def _login(secret: MasterUserSecret) -> str:
    """The login of a database's own user. moto's is that of another, always the same."""
    return json.dumps({"username": secret.resource.master_username, "password": secrets.token_urlsafe()})


def _to_alias(create: Callable[[LambdaBackend, Properties], EventSourceMapping]) -> Callable[..., EventSourceMapping]:
    """Keeps the alias that a mapping is to call, which moto resolves once and forgets."""

    def create_to_alias(backend: LambdaBackend, spec: Properties) -> EventSourceMapping:
        mapping = create(backend, spec)
        function = backend.get_function(spec["FunctionName"]).function_name
        for alias in backend.list_aliases(function):
            if spec["FunctionName"].endswith(f"{function}:{alias.name}"):
                mapping.function_arn = alias.arn
        return mapping

    return create_to_alias


def _in_order(get: Callable[[parsing.ResourceMap, str], Any]) -> Callable[[parsing.ResourceMap, str], Any]:
    """Creates what a resource depends on before it, also when the resource is
    created early because another one refers to it."""

    def get_in_order(resources: parsing.ResourceMap, name: str) -> Any:
        if name not in resources._parsed_resources:
            before = resources._resource_json_map.get(name, {}).get("DependsOn", [])
            for each in [before] if isinstance(before, str) else before:
                get_in_order(resources, each)
        return get(resources, name)

    return get_in_order
