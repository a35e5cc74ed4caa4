#!/usr/bin/env python3
"""IAM policy documents, by cfn-lint and parliament.

For cfn-lint each is put into a template of its own as what it is: a document with a Principal becomes a
role's trust policy, any other a managed policy. It then knows the elements, and which actions exist.
parliament knows which resources and conditions go with an action, and what widens an account's
privileges. It is not asked about trust policies: it takes the lack of a Resource, which none of them may
have, for a mistake, and knows no identity provider but its own few.
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
            if not trust:
                yield from privileges(path)
        if by_name:
            for finding in cfn.lint(by_name):
                yield finding._replace(line=None)


def privileges(path):
    import parliament

    judged = parliament.analyze_policy_string(path.read_text(), str(path))
    for found in map(parliament.enhance_finding, judged.findings):
        location = found.location if isinstance(found.location, dict) else {}
        yield Finding(path, found.issue, f"{found.title}: {found.detail}", location.get("line"))


if __name__ == "__main__":
    common.main(__file__)
