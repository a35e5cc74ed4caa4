#!/usr/bin/env python3
"""CloudFormation templates, by cfn-lint. A template may not silence cfn-lint by itself."""

import os
import re
import tempfile

import common
from common import CannotJudge, Finding, below, parsed, run, tool

WHAT = "CloudFormation: aws/*.yaml, and YAML with AWSTemplateFormatVersion"


def files(folder):
    return sorted(
        {*below(folder, "*/aws/*.yaml", "*/aws/*.yml")}
        | {path for path in below(folder, "*.yaml", "*.yml") if "AWSTemplateFormatVersion" in path.read_text()}
    )


def check(folder, files):
    yield from lint({str(path): path for path in files})
    for path in files:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.match(r"\s*['\"]?cfn-lint['\"]?\s*:", line):
                yield Finding(path, "silenced", "cfn-lint is switched off here; exceptions belong into exceptions.toml", number)


def lint(by_name):
    """By their names: a template that only a name stands for is judged under the path that it maps to."""
    # cfn-lint looks for a .cfnlintrc at home and where it is started.
    with tempfile.TemporaryDirectory() as home:
        found = run(
            [tool("cfn-lint"), "--format", "json", "--include-checks", "I", "--", *by_name],
            expect=range(32), env={**os.environ, "HOME": home},
        )
    if found.returncode & 1:
        raise CannotJudge(f"cfn-lint: {found.stderr[-2000:]}")
    for problem in parsed(found.stdout, "cfn-lint"):
        line = problem["Location"]["Start"]["LineNumber"]
        yield Finding(by_name[problem["Filename"]], problem["Rule"]["Id"], problem["Message"], line)


if __name__ == "__main__":
    common.main(__file__)
