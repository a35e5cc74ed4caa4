#!/usr/bin/env python3
"""Runbooks: Markdown by PyMarkdown; every command in them by bash -n, and the scripts they name are rendered."""

import re

import common
from common import Finding, below, run, tool

WHAT = "runbooks: runbooks/*.md"
# Lines of tables and commands are as long as the names in them.
OFF = "line-length"


def files(folder):
    return below(folder, "*/runbooks/*.md")


def check(folder, files):
    names = {str(path): path for path in files}
    # A configuration file of the judged folder has no say: run() starts elsewhere.
    scan = run([tool("pymarkdown"), "--disable-rules", OFF, "scan", *names], expect=(0, 1))
    for line in scan.stdout.splitlines():
        found = re.fullmatch(r"(.*?):(\d+):\d+: (MD\d+): (.*)", line)
        if found:
            yield Finding(names[found[1]], found[3], found[4], int(found[2]))
        elif line.strip():
            raise common.CannotJudge(f"pymarkdown says what nobody expected: {line}")
    for path in files:
        text = path.read_text()
        for fence in re.finditer(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text[: fence.start()].count("\n") + 1
            syntax = run(["bash", "-n", "-c", fence[1]], expect=range(256))
            if syntax.returncode != 0:
                yield Finding(path, "bash", syntax.stderr, line)
            for script in re.findall(r"^bash (?:generated/)?(\S+\.sh)", fence[1], re.MULTILINE):
                if not (folder / script.strip("'\"")).is_file():
                    yield Finding(path, "script", f"{script} is not rendered", line)


if __name__ == "__main__":
    common.main(__file__)
