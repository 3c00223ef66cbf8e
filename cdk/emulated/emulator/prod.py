"""How the resource types are made that prod has and dev does not: the proxy of the
database, the firewall, and the logs of who read a bucket."""

from __future__ import annotations

from .api import API, Properties
from .cloudformation import Made


def access_logs(p: Properties) -> Properties:
    return {"LoggingEnabled": {"TargetBucket": p["DestinationBucketName"], "TargetPrefix": p["LogFilePrefix"]}}


def proxy(api: API, name: str, p: Properties) -> Made:
    # moto wants secrets, which a proxy does not have whose callers log in with IAM.
    made = api.call("rds", "create_db_proxy", {"Auth": [{"IAMAuth": "REQUIRED"}], **p})["DBProxy"]
    return Made(name, {"Endpoint": made["Endpoint"], "DBProxyArn": made["DBProxyArn"]})


def proxy_targets(api: API, name: str, p: Properties) -> Made:
    """The default group is there with its proxy: what it is told is a change of it."""
    where = {key: p[key] for key in ("DBProxyName", "TargetGroupName")}
    instances = {"DBInstanceIdentifiers": p["DBInstanceIdentifiers"]}
    api.call("rds", "register_db_proxy_targets", {**where, **instances})
    pool = {"ConnectionPoolConfig": p["ConnectionPoolConfigurationInfo"]}
    api.call("rds", "modify_db_proxy_target_group", {**where, **pool})
    return Made(p["DBProxyName"])


def web_acl(api: API, name: str, p: Properties) -> Made:
    made = api.call("wafv2", "create_web_acl", p)["Summary"]
    return Made(f"{name}|{made['Id']}|{p['Scope']}", {"Arn": made["ARN"], "Id": made["Id"]})


def web_acl_association(api: API, name: str, p: Properties) -> Made:
    api.call("wafv2", "associate_web_acl", p)
    return Made(f"{p['WebACLArn']}|{p['ResourceArn']}")


def web_acl_logging(api: API, name: str, p: Properties) -> Made:
    api.call("wafv2", "put_logging_configuration", {"LoggingConfiguration": p})
    return Made(p["ResourceArn"])
