"""Calls of the AWS API that the emulator itself serves."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import boto3
from botocore.model import ListShape, MapShape, Shape, StructureShape

Properties = dict[str, Any]


class API:
    """The AWS API of one region.

    CloudFormation names nearly all properties as the service's own API does, in
    another case. Each call takes properties and fits them to the operation, so
    that botocore checks them as AWS would: a property that the operation does
    not know is an error.
    """

    def __init__(self, endpoint: str, region: str) -> None:
        self.endpoint = endpoint
        self.region = region

    def call(self, service: str, operation: str, properties: Properties) -> dict[str, Any]:
        client = _client(service, self.endpoint, self.region)
        shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation]).input_shape
        return getattr(client, operation)(**fit(shape, properties))


@lru_cache
def _client(service: str, endpoint: str, region: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="emulated",
        aws_secret_access_key="emulated",
    )


def fit(shape: Shape, value: Any) -> Any:
    """Returns the value as the shape wants it: names in its case, numbers that
    came as text as numbers, documents as text, tags as a map where it is one."""
    if isinstance(shape, StructureShape):
        members = {name.lower(): (name, member) for name, member in shape.members.items()}
        unknown = [name for name in value if name.lower() not in members]
        if unknown:
            raise ValueError(f"{shape.name} has no {', '.join(unknown)}")
        named = [(*members[name.lower()], each) for name, each in value.items()]
        return {name: fit(member, each) for name, member, each in named}
    if isinstance(shape, ListShape):
        return [fit(shape.member, each) for each in value]
    if isinstance(shape, MapShape):
        if isinstance(value, list):
            value = {tag["Key"]: tag["Value"] for tag in value}
        return {name: fit(shape.value, each) for name, each in value.items()}
    match shape.type_name:
        case "integer" | "long":
            return int(value)
        case "double" | "float":
            return float(value)
        case "boolean":
            return str(value).lower() == "true"
        case "string" if isinstance(value, (dict, list)):
            return json.dumps(value)
        case "string" if isinstance(value, bool):
            return str(value).lower()
        case "string":
            return str(value)
    return value
