#!/usr/bin/env python3
"""Whether every YAML file says the same to a YAML 1.1 reader (PyYAML) and to a YAML 1.2 reader (ruamel.yaml).

Both read the file into its tree of nodes, tags such as !Sub included, and the trees are compared:
`no`, `on`, `22:30`, `0755`, `1e3` differ. What both take for a number, a date or a truth value must
moreover look like one in JSON, since still other readers take `2010-09-09` or `1_000` for text.
yamllint adds keys given twice, trailing spaces and the like.
"""

import io
import re

import common
from common import CannotJudge, Finding, below, run, tool

WHAT = "YAML: *.yaml, *.yml"
PLAIN_JSON = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?|true|false|null|")
YAMLLINT = """
rules:
  key-duplicates: enable
  new-line-at-end-of-file: enable
  new-lines: {type: unix}
  trailing-spaces: enable
  anchors: enable
  indentation: {spaces: consistent}
  colons: enable
"""


def files(folder):
    return below(folder, "*.yaml", "*.yml")


def check(folder, files):
    yield from lint({str(path): path for path in files})
    for path in files:
        yield from compare_readers(path, path.read_bytes().decode())


def lint(by_name):
    """In a process of its own: yamllint changes how PyYAML reads numbers wherever it is imported."""
    found = run([tool("yamllint"), "--config-data", YAMLLINT, "--format", "parsable", *by_name], expect=(0, 1))
    for line in found.stdout.splitlines():
        problem = re.fullmatch(r"(.*?):(\d+):\d+: \[\w+\] (.*) \((\S+)\)", line)
        if problem is None or problem[1] not in by_name:
            raise CannotJudge(f"yamllint said: {line}")
        yield Finding(by_name[problem[1]], problem[4], problem[3], int(problem[2]))


def compare_readers(path, text):
    import yaml
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    class Old(yaml.SafeLoader):
        pass

    new = YAML(typ="safe", pure=True)
    new.version = (1, 2)
    try:
        old_nodes = list(yaml.compose_all(text, Loader=Old))
        new_nodes = list(new.compose_all(io.StringIO(text)))
    except (yaml.YAMLError, YAMLError) as error:
        yield Finding(path, "syntax", str(error))
        return
    if len(old_nodes) != len(new_nodes):
        yield Finding(path, "differs", f"{len(old_nodes)} documents in YAML 1.1, {len(new_nodes)} in YAML 1.2")
        return
    old_values = yaml.constructor.SafeConstructor()
    pending = list(zip(old_nodes, new_nodes))
    while pending:
        one, two = pending.pop()
        line = one.start_mark.line + 1
        if kind(one) != kind(two):
            yield Finding(path, "differs", f"a {kind(one)} in YAML 1.1, a {kind(two)} in YAML 1.2", line)
        elif kind(one) == "Scalar":
            yield from scalar(path, line, one, reading(one, old_values), reading(two, new.constructor))
        elif len(one.value) != len(two.value):
            yield Finding(path, "differs", f"{len(one.value)} entries in YAML 1.1, {len(two.value)} in YAML 1.2", line)
        elif kind(one) == "Mapping":
            for (key, value), (other_key, other_value) in zip(one.value, two.value):
                pending += [(key, other_key), (value, other_value)]
        else:
            pending += list(zip(one.value, two.value))


def kind(node):
    return type(node).__name__.removesuffix("Node")


def reading(node, constructor):
    """The type and the value that a reader makes of a scalar; an unknown tag's text stays text."""
    tag = str(node.tag)
    if not tag.startswith("tag:yaml.org,2002:"):
        return tag, node.value
    if tag.endswith((":merge", ":value")):
        return tag, node.value
    try:
        value = constructor.construct_object(node)
    except Exception as error:
        raise CannotJudge(f"{node.start_mark}: {error}") from error
    return type(value).__name__, value


def scalar(path, line, node, old, new):
    if old != new:
        yield Finding(path, "differs", f"{node.value} is {show(old)} in YAML 1.1 and {show(new)} in YAML 1.2: quote it", line)
    elif node.style is None and old[0] == "str" and node.value in ("y", "Y", "n", "N"):
        yield Finding(path, "bool-word", f"{node.value} is a truth value in YAML 1.1, though PyYAML does not know: quote it", line)
    elif node.style is None and old[0] != "str" and not str(node.tag).startswith("!") and not PLAIN_JSON.fullmatch(node.value):
        yield Finding(path, "not-json", f"{node.value} is {show(old)} here and text to other readers: quote it, or write it as JSON does", line)


def show(reading):
    return f"{reading[0]} {reading[1]!r}"


if __name__ == "__main__":
    common.main(__file__)
