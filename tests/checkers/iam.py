#!/usr/bin/env python3
"""IAM policy documents, by cfn-lint: each is put into a template of its own as what it is.

A document with a Principal becomes a role's trust policy, any other a managed policy. cfn-lint then
knows the elements, and which actions exist.
"""

import json
import tempfile
from pathlib import Path

import cfn
import common
from common import Finding, below

WHAT = "IAM policies: iam/*.json"


def files(folder):
    return below(folder, "*/iam/*.json")


def check(folder, files):
    with tempfile.TemporaryDirectory() as place:
        by_name = {}
        for number, path in enumerate(files):
            try:
                document = json.loads(path.read_text())
                statements = document["Statement"]
                statements = statements if isinstance(statements, list) else [statements]
                trust = any("Principal" in statement or "NotPrincipal" in statement for statement in statements)
            except (ValueError, TypeError, KeyError) as error:
                yield Finding(path, "syntax", f"no policy document: {type(error).__name__} {error}")
                continue
            if document.get("Version") != "2012-10-17":
                yield Finding(path, "version", "Version is not 2012-10-17: policy variables would be plain text")
            template = Path(place) / f"{number}.json"
            template.write_text(json.dumps({
                "AWSTemplateFormatVersion": "2010-09-09",
                "Resources": {"Document": {
                    "Type": "AWS::IAM::Role" if trust else "AWS::IAM::ManagedPolicy",
                    "Properties": {"AssumeRolePolicyDocument" if trust else "PolicyDocument": document},
                }},
            }))
            by_name[str(template)] = path
        if by_name:
            for finding in cfn.lint(by_name):
                yield finding._replace(line=None)


if __name__ == "__main__":
    common.main(__file__)
