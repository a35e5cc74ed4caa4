"""The part of the az stand-in that makes on-demand backups: requests of `az rest` below a flexible server.

Kept in the folder of the stand-in:
  servers.json   flexible servers by name, as the API tells them
  backups.json   their backups by name, as the API tells them; three on a page of a list
  looks          how often a new backup is not found before it is there (0), as for az_recovery.py
  busy           how many orders a server refuses because it is busy (0)
  stuck          with it a new backup never is completed
"""

import json
import re
import time
from urllib.parse import parse_qs, urlsplit

OPTIONS = {"rest": {"body": {}}}
MOST = 7
PAGE = 3
ON_DEMAND = "Customer On-Demand"


def commands(folder, fail, show):
    def read(name, default):
        path = folder / name
        return json.loads(path.read_text()) if path.exists() else default

    def write(name, value):
        (folder / name).write_text(json.dumps(value))

    def spend(name, start):
        """Whether some are left of what there are `start` of; one less afterwards."""
        left = read("left.json", {})
        count = left.get(name, start)
        write("left.json", {**left, name: count - 1})
        return count > 0

    def put(name, backups):
        if spend("busy", read("busy", 0)):
            fail('Conflict({"error":{"code":"ServerIsBusy","message":"The server is busy."}})')
        if sum(one["properties"]["backupType"] == ON_DEMAND for one in backups.values()) >= MOST:
            fail('Bad Request({"error":{"code":"MaximumOnDemandBackupsReached","message":"Seven are there."}})')
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        done = None if read("stuck", False) else f"{now}.123456+00:00"
        new = {"name": name, "properties": {"backupType": ON_DEMAND, "source": "Customer Initiated", "completedTime": done}}
        write("backups.json", {**backups, name: new})

    def page(url, backups):
        offset = int(parse_qs(url.query).get("skip", ["0"])[0])
        listed = sorted(backups.values(), key=lambda one: one["name"])
        answer = {"value": listed[offset : offset + PAGE]}
        if offset + PAGE < len(listed):
            answer["nextLink"] = f"https://management.azure.com{url.path}?api-version=2025-08-01&skip={offset + PAGE}"
        return answer

    def rest(options):
        url = urlsplit(options.url)
        if url.netloc not in ("", "management.azure.com") or parse_qs(url.query).get("api-version") != ["2025-08-01"]:
            fail(f"Bad Request: {options.url}")
        found = re.fullmatch(r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.DBforPostgreSQL/flexibleServers/([^/]+)(/backups(?:/([^/]+))?)?", url.path)
        servers, backups = read("servers.json", {}), read("backups.json", {})
        if not found or found[1] not in servers:
            fail('Not Found({"error":{"code":"ResourceNotFound","message":"not found"}})')
        _, part, name = found.groups()
        match options.method, part, name:
            case "get", None, None:
                show(servers[found[1]], options)
            case "get", _, None:
                show(page(url, backups), options)
            case "get", _, name:
                if name not in backups or spend(name, read("looks", 0)):
                    fail('Not Found({"error":{"code":"ResourceNotFound","message":"not found"}})')
                show(backups[name], options)
            case "put", _, name if name:
                put(name, backups)
            case "delete", _, name if name in backups:
                write("backups.json", {key: one for key, one in backups.items() if key != name})
            case _:
                fail(f"Method Not Allowed: {options.method} {options.url}")

    return {"rest": (rest, ["method", "url"])}
