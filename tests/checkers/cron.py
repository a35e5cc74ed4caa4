#!/usr/bin/env python3
"""Schedules, read by parsers that are not ours.

  *.crontab              cronsim (which follows Debian's cron) and, where cron is installed, crontab -n
  github/*.yml           cronsim
  aws/*.yaml             ScheduleExpression, by aws_cron_expression_validator
  *.timer                systemd-analyze calendar, where systemd is installed

Every schedule must have a moment within 400 days, must not run at minute 0, and must not set both
the day of the month and the day of the week, which cron reads as "either". A % in a crontab's
command must be escaped, or the job never gets its text.
"""

import re
import shutil
import tempfile
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

import common
from common import CannotJudge, Finding, below

WHAT = "schedules: *.crontab, github/*.yml, aws/*.yaml, *.timer"
# A fixed span without a 29 February: the verdict must not depend on the day of the check.
START = datetime(2025, 1, 1, tzinfo=timezone.utc)
END = START + timedelta(days=400)
AWS_DAYS = dict(zip(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), range(1, 8)))


def files(folder):
    return below(folder, "*.crontab", "*.timer", *WORKFLOWS) + [path for path, _ in templates_with_schedules(folder)]


WORKFLOWS = ("*/github/*.yml", "*/github/*.yaml", "*/.github/workflows/*.yml", "*/.github/workflows/*.yaml")


def check(folder, files):
    for path in files:
        if path.suffix == ".crontab":
            yield from crontab(path)
        elif path.suffix == ".timer":
            yield from timer(path)
        elif path in workflows(folder):
            yield from workflow(path)
    for path, expressions in templates_with_schedules(folder):
        for expression in expressions:
            yield from aws(path, expression)


def schedule(path, expression, line=None):
    """Five fields as cron reads them."""
    from cronsim import CronSim, CronSimError

    fields = expression.split()
    if len(fields) == 5 and not (fields[2].startswith("*") or fields[4].startswith("*")):
        yield Finding(path, "both-days", f"'{expression}': cron runs on either day where both are set", line)
    try:
        moments = CronSim(expression, START)
    except CronSimError as error:
        yield Finding(path, "syntax", f"'{expression}': {error}", line)
        return
    if next(moments, END) >= END:
        yield Finding(path, "dead", f"'{expression}' has no moment within 400 days", line)
    if 0 in moments.minutes:
        yield Finding(path, "minute-zero", f"'{expression}' runs at minute 0, when everyone's does", line)


def crontab(path):
    text = path.read_text()
    jobs = 0
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#") or re.match(r"[A-Za-z_][A-Za-z0-9_]*\s*=", line):
            continue
        jobs += 1
        *fields, command = line.split(None, 5)
        if len(fields) < 5:
            yield Finding(path, "syntax", f"no five fields and a command: '{line}'", number)
            continue
        yield from schedule(path, " ".join(fields), number)
        if re.search(r"(?<!\\)%", command):
            yield Finding(path, "percent", "an unescaped % ends the command there", number)
    if not jobs:
        yield Finding(path, "empty", "no job in this crontab")
    if crontab_works():
        said = common.run(["crontab", "-n", str(path)], expect=(0, 1))
        if said.returncode != 0:
            for line in (said.stderr or said.stdout).splitlines():
                found = re.fullmatch(r'".*":(\d+): (.*)', line)
                # The last line only says that it therefore would not install it.
                if found:
                    yield Finding(path, "crontab", found[2], int(found[1]) + 1)
                elif "errors in crontab file" not in line:
                    yield Finding(path, "crontab", line)
    elif not text.endswith("\n"):
        yield Finding(path, "crontab", "cron refuses a crontab whose last line does not end")


@cache
def crontab_works():
    """Debian's crontab has -n, others have not; and it may lack its spool folder."""
    if shutil.which("crontab") is None:
        return False
    with tempfile.NamedTemporaryFile("w", suffix=".crontab") as probe:
        probe.write("17 2 * * * true\n")
        probe.flush()
        Path(probe.name).chmod(0o644)
        return common.run(["crontab", "-n", probe.name], expect=range(256)).returncode == 0


def timer(path):
    if shutil.which("systemd-analyze") is None:
        return
    found = [
        (number, line.split("=", 1)[1].strip())
        for number, line in enumerate(path.read_text().splitlines(), 1) if line.strip().startswith("OnCalendar=")
    ]
    if not found:
        yield Finding(path, "empty", "no OnCalendar in this timer")
    for number, expression in found:
        said = common.run(["systemd-analyze", "calendar", expression], expect=(0, 1), env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
        if said.returncode != 0:
            yield Finding(path, "syntax", f"'{expression}': {said.stderr}", number)
            continue
        normal = re.search(r"Normalized form: (.*)", said.stdout) or re.search(r"Original form: (.*)", said.stdout)
        if normal is None:
            raise CannotJudge(f"systemd-analyze calendar said: {said.stdout}")
        if "Next elapse: never" in said.stdout:
            yield Finding(path, "dead", f"'{expression}' has no moment", number)
        minutes = re.search(r"\d*\S*:(\S+):\S+", normal[1])
        if minutes and re.search(r"(^|,)(00|\*)", minutes[1]):
            yield Finding(path, "minute-zero", f"'{expression}' runs at minute 0, when everyone's does", number)


def workflows(folder):
    return below(folder, *WORKFLOWS)


def workflow(path):
    from ruamel.yaml import YAML

    content = YAML(typ="rt", pure=True).load(path)  # YAML 1.2: `on` is a word
    triggers = content.get("on") if isinstance(content, dict) else None
    entries = triggers.get("schedule") if isinstance(triggers, dict) else None
    for entry in entries or []:
        line = entry.lc.line + 1 if hasattr(entry, "lc") else None
        expression = entry.get("cron") if isinstance(entry, dict) else None
        if not isinstance(expression, str):
            yield Finding(path, "syntax", f"no cron text in {entry}", line)
        elif len(expression.split()) != 5 or re.search(r"[@#LW?]", expression):
            yield Finding(path, "syntax", f"'{expression}' is no five fields of GitHub's kind", line)
        else:
            yield from schedule(path, expression, line)


def templates_with_schedules(folder):
    return [(path, found) for path in below(folder, "*/aws/*.yaml", "*/aws/*.yml") if (found := expressions(path))]


def expressions(path):
    """Every value of a ScheduleExpression, by a reading that keeps CloudFormation's own tags."""
    import yaml

    found = []
    try:
        root = yaml.compose(path.read_text(), Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return found  # yaml11 and cfn say what is wrong with it
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == "ScheduleExpression" and isinstance(value, yaml.ScalarNode):
                    found.append((value.value, value.start_mark.line + 1))
                pending.append(value)
        elif isinstance(node, yaml.SequenceNode):
            pending.extend(node.value)
    return sorted(found, key=lambda item: item[1])


def aws(path, expression):
    from aws_cron_expression_validator.validator import AWSCronExpressionError, AWSCronExpressionValidator

    text, line = expression
    if text.startswith(("rate(", "at(")):
        return
    found = re.fullmatch(r"cron\((.*)\)", text)
    if not found:
        yield Finding(path, "syntax", f"'{text}' is no cron(…)", line)
        return
    fields = found[1].split()
    try:
        AWSCronExpressionValidator.validate(found[1])
    except (AWSCronExpressionError, ValueError) as error:
        yield Finding(path, "syntax", f"'{text}': {error}", line)
        return
    # What both kinds can say goes through the common questions as well. Sunday is 1 there and 0 in cron.
    days = re.sub(r"[A-Z]{3}", lambda name: str(AWS_DAYS[name[0]]), fields[4])
    if fields[5] == "*" and re.fullmatch(r"[\d*?,/-]+", fields[2]) and re.fullmatch(r"[\d*?,-]+", days):
        days = re.sub(r"\d+", lambda day: str(int(day[0]) - 1), days)
        yield from schedule(path, " ".join([*fields[:4], days]).replace("?", "*"), line)


if __name__ == "__main__":
    common.main(__file__)
