#!/usr/bin/env python3
"""Shell scripts: shellcheck, shfmt -i 2 -ci, bash -n. A script may not silence shellcheck by itself."""

import re

import common
from common import Finding, below, parsed, run, tool

WHAT = "scripts: *.sh"


def files(folder):
    return below(folder, "*.sh")


def check(folder, files):
    names = [str(path) for path in files]
    by_name = dict(zip(names, files))
    found = run([tool("shellcheck"), "--norc", "--severity=style", "--format=json1", *names], expect=(0, 1))
    for comment in parsed(found.stdout, "shellcheck")["comments"]:
        yield Finding(by_name[comment["file"]], f"SC{comment['code']}", comment["message"], comment["line"])
    for name, path in by_name.items():
        syntax = run(["bash", "-n", name], expect=range(256))
        if syntax.returncode != 0:
            yield Finding(path, "bash", syntax.stderr.replace(name, path.name))
            continue
        difference = run([tool("shfmt"), "-d", "-i", "2", "-ci", "-ln", "bash", name], expect=(0, 1))
        if difference.returncode != 0:
            place = re.search(r"^@@ -(\d+)", difference.stdout, re.MULTILINE)
            changed = re.search(r"^[-+](?![-+]).*", difference.stdout, re.MULTILINE)
            yield Finding(
                path, "shfmt", f"not formatted as shfmt does; first: {changed[0] if changed else difference.stderr}",
                int(place[1]) if place else None,
            )
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"#\s*shellcheck\s+disable", line):
                yield Finding(path, "silenced", "shellcheck is switched off here; exceptions belong into exceptions.toml", number)


if __name__ == "__main__":
    common.main(__file__)
