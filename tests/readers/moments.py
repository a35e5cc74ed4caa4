#!/usr/bin/env python3
"""Whether one schedule means the same moments in every dialect that it is written in.

Reads from its input a JSON list of {"cron", "timezone", "systemd", "aws", "iso8601"}, asks for all the
moments of a year in each dialect, and prints what differs. cron is read by cronsim, which follows
Debian's; systemd's calendar by systemd-analyze, where that is installed; AWS's six fields by its
validator and, as GitHub's five, by trying every minute of the year; ISO 8601 by counting.
"""

import json
import re
import shutil
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from aws_cron_expression_validator.validator import AWSCronExpressionValidator
from cronsim import CronSim

START = datetime(2026, 1, 1)
END = datetime(2027, 1, 1)
MONTHS = dict(zip("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), range(1, 13)))
DAYS = dict(zip("SUN MON TUE WED THU FRI SAT".split(), range(1, 8)))


def utc(local, zone):
    return local.replace(tzinfo=zone).astimezone(timezone.utc)


def cron(expression, zone):
    found = []
    for moment in CronSim(expression, START.replace(tzinfo=zone) - timedelta(minutes=1)):
        if moment.replace(tzinfo=None) >= END:
            return found
        found.append(moment.astimezone(timezone.utc))


def numbers(field, first, last, names={}):
    def number(text):
        return names[text] if text in names else int(text)

    found = set()
    for item in field.split(","):
        spread, _, step = item.partition("/")
        if spread in ("*", "?"):
            low, high = first, last
        elif "-" in spread:
            low, high = map(number, spread.split("-"))
        else:
            low = number(spread)
            high = last if step else low
        found.update(range(low, high + 1, int(step or 1)))
    return found


def minutes(fields, sunday, zone):
    """Every minute of the year that fits; a day and a weekday are never both set."""
    minute, hour, day, month, weekday = fields
    found = []
    local = START
    while local < END:
        if local.day in day and local.month in month and (local.isoweekday() % 7) + sunday in weekday:
            for h in sorted(hour):
                for m in sorted(minute):
                    found.append(utc(local.replace(hour=h, minute=m), zone))
        local += timedelta(days=1)
    return found


def github(expression, zone):
    minute, hour, day, month, weekday = expression.split()
    fields = numbers(minute, 0, 59), numbers(hour, 0, 23), numbers(day, 1, 31), numbers(month, 1, 12), numbers(weekday, 0, 6)
    return minutes(fields, 0, zone)


def aws(expression, zone):
    inner = re.fullmatch(r"cron\((.*)\)", expression)[1]
    AWSCronExpressionValidator.validate(inner)
    minute, hour, day, month, weekday, year = inner.split()
    if (day == "?") == (weekday == "?") or year != "*":
        raise ValueError(f"one of day and weekday is ?: {expression}")
    fields = numbers(minute, 0, 59), numbers(hour, 0, 23), numbers(day, 1, 31), numbers(month, 1, 12, MONTHS), numbers(weekday, 1, 7, DAYS)
    return minutes(fields, 1, zone)


def systemd(expression, zone, count):
    # Two days early, and a few more than there should be.
    answer = subprocess.run(
        ["systemd-analyze", "calendar", f"--iterations={count + count // 50 + 20}", f"--base-time={(START - timedelta(days=2)):%F} 00:00:00 UTC", expression],
        capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
    )
    if answer.returncode:
        raise ValueError(answer.stderr)
    found = []
    for text in re.findall(r"(?:Next elapse|Iter\. #\d+): \w+ (\S+ \S+) UTC", answer.stdout):
        moment = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
        if utc(START, zone) <= moment < utc(END, zone):
            found.append(moment)
    return found


def iso8601(expression, zone):
    repeat, start, period = expression.split("/")
    if repeat != "R":
        raise ValueError(f"not endless: {expression}")
    local, found = datetime.fromisoformat(start), []
    while local < END:
        if local >= START:
            found.append(utc(local, zone))
        if period == "P1M":
            local = local.replace(year=local.year + local.month // 12, month=local.month % 12 + 1)
        else:
            local += {"P1D": timedelta(days=1), "P1W": timedelta(weeks=1)}[period]
    return found


def main():
    wrong = 0
    readers = {"github": github, "aws": aws, "systemd": systemd, "iso8601": iso8601}
    if shutil.which("systemd-analyze") is None:
        del readers["systemd"]
        print("no systemd-analyze here: timers are not compared", file=sys.stderr)
    for schedule in json.load(sys.stdin):
        zone = ZoneInfo(schedule["timezone"])
        expected = cron(schedule["cron"], zone)
        if not expected:
            print(f"{schedule}: no moment in {START:%Y}")
            wrong += 1
        for dialect, reader in readers.items():
            expression = schedule["cron"] if dialect == "github" else schedule[dialect]
            if expression is None:
                continue
            found = reader(expression, zone, len(expected)) if reader is systemd else reader(expression, zone)
            if found != expected:
                wrong += 1
                more, fewer = sorted(set(found) - set(expected)), sorted(set(expected) - set(found))
                print(f"{dialect} {expression} is not {schedule['cron']} in {zone}: more {more[:3]}, fewer {fewer[:3]}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
