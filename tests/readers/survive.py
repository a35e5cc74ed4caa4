#!/usr/bin/env python3
"""Whether the texts of a policy survive in what is rendered, read by programs that are not ours.

  survive.py FOLDER

FOLDER/cases.json lists policies that were rendered twice, with plain texts and with hostile ones.
Each pair of files is read (YAML by PyYAML, JSON by Python, scripts by shfmt's parser and by bash,
schedules by cronsim, JMESPath by its own library) and must be the same tree once the plain texts are
replaced by the hostile ones. Another key, word, command or option would make it another tree.

Prints one line for each difference. Exit code: 0 none, 1 some.
"""

import json
import re
import sys
from datetime import datetime
from multiprocessing import Pool
from pathlib import Path

import shell
import yaml
from cronsim import CronSim, CronSimError
from markdown_it import MarkdownIt
from tree import Problem, Swaps, difference, swapped, unique


def main():
    folder = Path(sys.argv[1])
    cases = json.loads((folder / "cases.json").read_text())
    users = json.loads((folder / "users.json").read_text())
    tasks = [(folder / case["folder"], case) for case in cases]
    with Pool(2) as pool:
        said = pool.starmap_async(judge, tasks)
        problems = [problem for problems in said.get() for problem in problems]
    problems += [f"users: {problem}" for problem in judge_users(folder / "users", users)]
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


def judge(folder, case):
    swaps = Swaps(case["swaps"])
    plain, hostile = (Side(folder / name, case[name]) for name in ("plain", "hostile"))
    problems = []
    if sorted(swapped(list(plain.files), swaps)) != sorted(hostile.files):
        problems.append(f"other files: {sorted(hostile.files)}")
    for name, path in sorted(plain.files.items()):
        twin = swapped(name, swaps)
        if twin not in hostile.files:
            continue
        try:
            problem = difference(swapped(plain.read(path), swaps), hostile.read(hostile.files[twin]))
        except Problem as error:
            problem = str(error)
        if problem:
            problems.append(f"{twin}: {problem}")
    problems += shell.commands(case["plain"]["commands"], case["hostile"]["commands"], case["hostile"]["tags"])
    return [f"{folder.name}: {problem}" for problem in problems]


class Side:
    """One rendering of a policy: its files, and the tags that stand in the policy."""

    def __init__(self, folder, policy):
        self.files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        self.tags = policy["tags"]

    def read(self, path):
        text = path.read_bytes().decode()
        match path.suffix:
            case ".yaml" | ".yml":
                if path.name.endswith("-restore-test.yml"):
                    # It comes some hours after a dump, whose schedule is another one where it is swapped.
                    text = re.sub(r"(?m)^( +- cron: ).*$", r"\1''", text)
                return [document(text), evaluated_marks(text)]
            case ".json":
                tree = json.loads(text, object_pairs_hook=unique)
                return arm(tree) if "$schema" in tree else tree
            case ".crontab":
                return crontab(text)
            case ".service" | ".timer":
                return unit(text)
            case ".sh":
                return shell.script(path, text, self.tags)
            case ".md":
                # The policy's path stands in a sentence here, in the other files in a comment, which nobody reads.
                text = re.sub(r"(?m)^Rendered by backstay from .*$", "", text, count=1)
                # What may be lost follows from the schedule, which is another one where it is swapped.
                text = re.sub(r"\| \d+ (?:min|h|d) \|", "| - |", text)
                return markdown(MarkdownIt("commonmark").enable("table").parse(text), self.tags)
        raise Problem("nobody reads this kind of file")


def markdown(tokens, tags):
    """What a reader of Markdown makes of a text: blocks, marks, and the texts in them; of commands what a shell does."""

    def content(token):
        if token.children:
            return markdown(token.children, tags)
        return shell.tree(token.content, tags) if (token.type, token.info) == ("fence", "sh") else token.content

    return [[token.type, token.tag, token.attrs, content(token)] for token in tokens]


class Loader(yaml.SafeLoader):
    """YAML 1.1 as PyYAML reads it, each key once."""


def mapping(loader, node):
    return unique([(loader.construct_object(k, deep=True), loader.construct_object(v, deep=True)) for k, v in node.value])


Loader.add_constructor("tag:yaml.org,2002:map", mapping)


def document(text):
    try:
        return yaml.load(text, Loader=Loader)
    except yaml.YAMLError as error:
        raise Problem(f"PyYAML: {error}") from error


def evaluated_marks(text):
    """How often something in a YAML file is evaluated: by GitHub, by CloudFormation."""
    return [text.count("${{"), text.count("{{resolve:"), len(re.findall(r"\$\{[^{]", text))]


def arm(tree):
    """What Resource Manager makes of a template's texts."""
    match tree:
        case dict():
            return {literal(key): arm(value) for key, value in tree.items()}
        case list():
            return [arm(item) for item in tree]
        case str():
            return literal(tree)
    return tree


def literal(text):
    if text.startswith("[") and text.endswith("]"):
        return text[1:] if text.startswith("[[") else ("evaluated", text)
    return text


def unit(text):
    """What systemd makes of a unit: sections, and settings in their order."""
    if re.search(r"\\$", text, re.MULTILINE):
        raise Problem("a line goes on in the next one")
    entries = []
    for line in text.split("\n"):
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        if re.fullmatch(r"\[[A-Za-z]+\]", line):
            entries.append(line)
            continue
        setting = re.fullmatch(r"([A-Za-z]+)=(.*)", line)
        if not setting:
            raise Problem(f"no setting: {line!r}")
        key, value = setting.groups()
        if "%" in value:
            raise Problem(f"a specifier: {line!r}")
        # Another schedule where it is swapped; that all dialects mean the same moments has a test of its own.
        entries.append([key, "" if key == "OnCalendar" else value])
    return entries


def crontab(text):
    """What cron makes of a crontab: variables, and jobs of five fields and a command."""
    if not text.endswith("\n"):
        raise Problem("cron refuses a last line without an end")
    entries = []
    for line in text.split("\n"):
        line = line.lstrip(" \t")
        if not line or line.startswith("#"):
            continue
        if variable := re.match(r"([A-Za-z_]\w*)\s*=\s*(.*)", line):
            entries.append(list(variable.groups()))
            continue
        fields = line.split(None, 5)
        if len(fields) < 6:
            raise Problem(f"no job: {line!r}")
        try:
            CronSim(" ".join(fields[:5]), datetime(2025, 1, 1))
        except CronSimError as error:
            raise Problem(f"cronsim: {line!r}: {error}") from error
        command = re.split(r"(?<!\\)%", fields[5])
        # A test comes some hours after its dump, whose schedule is another one where it is swapped.
        times = "" if "-restore-test.sh" in command[0] else " ".join(fields[:5])
        entries.append([times, shell.tree(command[0], {}), *command[1:]])
    return entries


def judge_users(folder, users):
    """Many scripts with another login each: what bash has in its variables."""
    paths = [folder / f"{index}.sh" for index in range(len(users))]
    for user, found in zip(users, shell.variables(paths)):
        if found.get("PGUSER") != [user]:
            yield f"{user!r} became {found}"


if __name__ == "__main__":
    main()
