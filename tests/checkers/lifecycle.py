#!/usr/bin/env python3
"""Lifecycle rules as files: for S3 by botocore's model of PutBucketLifecycleConfiguration, for Blob
Storage by the Azure SDK's model of a management policy. Names, types and enumerated values.
"""

import json

import arm
import common
from common import Finding, below

WHAT = "lifecycle rules: lifecycle/*.json"


def files(folder):
    return below(folder, "*/lifecycle/*.json")


def check(folder, files):
    for path in files:
        try:
            content = json.loads(path.read_text())
        except ValueError as error:
            yield Finding(path, "syntax", str(error))
            continue
        if isinstance(content, dict) and "Rules" in content:
            yield from s3(path, content)
        elif isinstance(content, dict) and "rules" in content:
            yield from arm.properties(path, "rules", content, arm.models("storage").ManagementPolicySchema)
        elif isinstance(content, dict) and "properties" in content:
            yield from arm.properties(path, "policy", content, arm.models("storage").ManagementPolicy)
        else:
            yield Finding(path, "syntax", "neither S3's Rules nor Blob Storage's rules or properties")


def s3(path, content):
    from botocore.loaders import Loader
    from botocore.model import ServiceModel
    from botocore.validate import ParamValidator

    model = ServiceModel(Loader().load_service_model("s3", "service-2"))
    shape = model.operation_model("PutBucketLifecycleConfiguration").input_shape.members["LifecycleConfiguration"]
    report = ParamValidator().validate(content, shape)
    if report.has_errors():
        for line in report.generate_report().splitlines():
            yield Finding(path, "s3", line)
    yield from enumerated(path, content, shape, "Rules")


def enumerated(path, value, shape, place):
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in value.items():
            if name in shape.members:
                yield from enumerated(path, member, shape.members[name], f"{place}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for index, member in enumerate(value):
            yield from enumerated(path, member, shape.member, f"{place}[{index}]")
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield Finding(path, "s3", f"{place}: {value} is none of {', '.join(shape.enum)}")


if __name__ == "__main__":
    common.main(__file__)
