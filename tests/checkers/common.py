"""What every checker shares: its command line, its findings, the exceptions, and how it runs a tool.

A checker is a module with
  WHAT            what it judges, for people ("schedules")
  files(folder)   the files below the folder that are its business
  check(folder, files)  yields a Finding for everything that is wrong
and ends with `common.main(__file__)`, which gives it this command line:

  CHECKER.py FOLDER [--allow-empty] [--partial] [--exceptions FILE]

It prints one finding a line, `file: message [rule]`, and nothing else. Exit code 0: clean ·
1: findings, no file to judge (unless --allow-empty), or an exception that nothing needs (unless
--partial, for folders that show only a part of what backstay renders) · 2: it could not judge.
"""

import argparse
import fnmatch
import importlib
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TOOLS = ROOT / ".tools"
VENV = TOOLS / "venv"
EXCEPTIONS = HERE / "exceptions.toml"


class CannotJudge(Exception):
    """The checker itself has a problem: a tool is missing or answers what nobody expected."""


class Finding(NamedTuple):
    path: Path
    rule: str
    message: str
    line: int | None = None

    def text(self, folder):
        place = f"line {self.line}: " if self.line else ""
        return f"{relative(self.path, folder)}: {place}{' '.join(self.message.split())} [{self.rule}]"


def relative(path, folder):
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def use_venv():
    """Goes on in the project's own Python, whichever one started this program."""
    python = VENV / "bin" / "python"
    if not os.access(python, os.X_OK):
        print(f"{python} is missing or not for this user: run bash .ci/setup", file=sys.stderr)
        sys.exit(2)
    if os.path.samefile(sys.prefix, VENV):
        return
    if os.environ.get("BACKSTAY_IN_VENV"):
        print(f"{VENV} is damaged: remove .tools and run bash .ci/setup", file=sys.stderr)
        sys.exit(2)
    os.environ["BACKSTAY_IN_VENV"] = "1"  # a damaged one must not start itself for ever
    os.environ["PYTHONUTF8"] = "1"  # rendered files are UTF-8 in any locale
    os.execv(python, [str(python), *sys.argv])


def tool(name):
    path = VENV / "bin" / name
    if not path.exists():
        raise CannotJudge(f"{path} is missing: run bash .ci/setup")
    return str(path)


def run(command, *, expect=(0,), **options):
    """Runs a tool away from any configuration file of the folder it judges."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd="/", **options)
    except OSError as error:
        raise CannotJudge(f"{command[0]}: {error}") from error
    if done.returncode not in expect:
        raise CannotJudge(f"{Path(command[0]).name} ended with {done.returncode}: {(done.stderr or done.stdout)[-2000:]}")
    return done


def parsed(text, name):
    try:
        return json.loads(text or "[]")
    except json.JSONDecodeError as error:
        raise CannotJudge(f"{name} did not answer with JSON ({error}): {text[:500]}") from error


def below(folder, *patterns):
    """Files whose path, from the folder's own name on, fits a pattern; `*` also stands for slashes."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if any(fnmatch.fnmatch(f"/{folder.name}/{relative(path, folder)}", p) for p in patterns))


def checker(name):
    return importlib.import_module(name)


def options(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a folder of rendered files")
    parser.add_argument("--allow-empty", action="store_true", help="no file to judge is no failure")
    parser.add_argument("--partial", action="store_true", help="an exception that nothing needs is no failure")
    parser.add_argument("--exceptions", type=Path, default=EXCEPTIONS, metavar="FILE", help="instead of exceptions.toml")
    return parser


def exceptions(file, name):
    """The exceptions of one checker. A reason is part of each; without one it is refused."""
    entries = tomllib.loads(file.read_text()).get("exception", [])
    for entry in entries:
        if set(entry) != {"checker", "rule", "file", "reason"} or not all(isinstance(v, str) and v.strip() for v in entry.values()):
            raise CannotJudge(f"{file}: an exception has exactly checker, rule, file and reason, all text: {entry}")
    return [entry for entry in entries if entry["checker"] == name]


def judge(name, args):
    """Prints what one checker finds in the folder, less what is excepted; returns its exit code."""
    folder = args.folder.resolve()
    try:
        if not folder.is_dir():
            raise CannotJudge(f"{args.folder} is no folder")
        module = checker(name)
        excepted = exceptions(args.exceptions, name)
        files = module.files(folder)
        if not files:
            if args.allow_empty:
                return 0
            print(f"{args.folder}: no file to judge here ({module.WHAT}) [{name}]")
            return 1
        failed, used = False, set()
        for finding in sorted(set(module.check(folder, files)), key=lambda f: (str(f.path), f.line or 0, f.rule, f.message)):
            allowed = [
                index for index, entry in enumerate(excepted)
                if entry["rule"] == finding.rule and fnmatch.fnmatch(relative(finding.path, folder), entry["file"])
            ]
            used.update(allowed)
            if not allowed:
                failed = True
                print(finding.text(folder))
        for index, entry in enumerate(excepted):
            concerned = any(fnmatch.fnmatch(relative(path, folder), entry["file"]) for path in files)
            if index not in used and concerned and not args.partial:
                failed = True
                print(f"{args.exceptions.name}: nothing needs the exception from {entry['rule']} for {entry['file']} any more [{name}]")
        return int(failed)
    except CannotJudge as error:
        print(f"{name}: cannot judge: {error}", file=sys.stderr)
        return 2


def main(file):
    name = Path(file).stem
    use_venv()
    code = judge(name, options(sys.modules["__main__"].__doc__).parse_args())
    sys.exit(code)
