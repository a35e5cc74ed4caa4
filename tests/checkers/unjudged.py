#!/usr/bin/env python3
"""Files that no checker judges: a new kind of rendered file needs a judge, or an exception that says why not."""

import common
from common import Finding, below, checker

WHAT = "rendered files"
# That a template is valid YAML says nothing about what it asks for, so yaml11 is no judge here.
JUDGES = ("arm", "cfn", "cron", "iam", "lifecycle", "parameters", "runbooks", "shell", "units", "workflows")


def files(folder):
    return below(folder, "*")


def check(folder, files):
    judged = {path for name in JUDGES for path in checker(name).files(folder)}
    for path in files:
        if path not in judged:
            yield Finding(path, "unjudged", "no checker judges this kind of file")


if __name__ == "__main__":
    common.main(__file__)
