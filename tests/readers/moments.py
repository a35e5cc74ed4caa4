#!/usr/bin/env python3
"""Whether one schedule means the same moments in every dialect that it is written in.

Reads from its input a JSON list of {"cron", "timezone", "systemd"}, asks for all the moments of a year in
each dialect, and prints what differs. cron is read by cronsim, which follows Debian's; GitHub's five fields
by trying every minute of the year; systemd's calendar in the same way by what its manual says, and by
systemd-analyze, where that is installed.
"""

import json
import re
import shutil
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from cronsim import CronSim

START = datetime(2026, 1, 1)
END = datetime(2027, 1, 1)


def utc(local, zone):
    return local.replace(tzinfo=zone).astimezone(timezone.utc)


def cron(expression, zone):
    found = []
    for moment in CronSim(expression, START.replace(tzinfo=zone) - timedelta(minutes=1)):
        if moment.replace(tzinfo=None) >= END:
            return found
        found.append(moment.astimezone(timezone.utc))


def numbers(field, first, last):
    found = set()
    for item in field.split(","):
        spread, _, step = item.partition("/")
        if spread == "*":
            low, high = first, last
        elif "-" in spread:
            low, high = map(int, spread.split("-"))
        else:
            low = int(spread)
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


def calendar(expression, zone):
    """systemd's calendar by its manual, systemd.time(7): [weekdays] year-months-days hours:minutes:seconds zone."""
    *weekdays, date, time, name = expression.split()
    if name != str(zone) and not (name == "UTC" and str(zone) == "UTC"):
        raise ValueError(f"another zone: {expression}")
    year, month, day = date.split("-")
    hour, minute, second = time.split(":")
    if year != "*" or second != "00" or len(weekdays) > 1:
        raise ValueError(f"not every year, or not at the minute: {expression}")

    def listed(field, first, last, names=()):
        if field == "*":
            return set(range(first, last + 1))
        found = set()
        for item in field.split(","):
            low, _, high = item.partition("..")
            low, high = (names.index(it) if names else int(it) for it in (low, high or low))
            found.update(range(low, high + 1))
        if not found <= set(range(first, last + 1)):
            raise ValueError(f"out of bounds: {expression}")
        return found

    weekday = listed(weekdays[0] if weekdays else "*", 0, 6, ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"))
    fields = listed(minute, 0, 59), listed(hour, 0, 23), listed(day, 1, 31), listed(month, 1, 12), weekday
    return minutes(fields, 0, zone)


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


def main():
    wrong = 0
    readers = {"github": ("cron", github), "calendar": ("systemd", calendar), "systemd": ("systemd", systemd)}
    if shutil.which("systemd-analyze") is None:
        del readers["systemd"]
        print("no systemd-analyze here: timers are read by their manual alone", file=sys.stderr)
    for schedule in json.load(sys.stdin):
        zone = ZoneInfo(schedule["timezone"])
        expected = cron(schedule["cron"], zone)
        if not expected:
            print(f"{schedule}: no moment in {START:%Y}")
            wrong += 1
        for dialect, (key, reader) in readers.items():
            expression = schedule[key]
            found = reader(expression, zone, len(expected)) if reader is systemd else reader(expression, zone)
            if found != expected:
                wrong += 1
                more, fewer = sorted(set(found) - set(expected)), sorted(set(expected) - set(found))
                print(f"{dialect} {expression} is not {schedule['cron']} in {zone}: more {more[:3]}, fewer {fewer[:3]}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
