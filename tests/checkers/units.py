#!/usr/bin/env python3
"""systemd units: systemd-analyze verify, where systemd is installed. The account and the script of a
unit are the host's, and so are the units that it waits for."""

import re
import shutil
import tempfile
from pathlib import Path

import common
from common import Finding, below, run

WHAT = "units: *.service, *.timer"


def files(folder):
    return below(folder, "*.service", "*.timer")


def check(folder, files):
    for path in files:
        if path.suffix == ".timer" and not path.with_suffix(".service").is_file():
            yield Finding(path, "alone", "there is no service beside this timer")
        if path.suffix == ".timer" and "Persistent=true" not in path.read_text().splitlines():
            yield Finding(path, "persistent", "what the machine slept through is not made up for")
    if shutil.which("systemd-analyze") is None:
        return
    with tempfile.TemporaryDirectory() as copies:
        for path in files:
            shutil.copy(path, copies)
        for path in files:
            said = run(
                ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(Path(copies) / path.name)],
                expect=range(256), env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            )
            for line in (said.stdout + said.stderr).splitlines():
                if path.name in line:
                    place = re.search(r":(\d+): ", line)
                    yield Finding(path, "verify", line.replace(copies, "").lstrip("/"), int(place[1]) if place else None)


if __name__ == "__main__":
    common.main(__file__)
