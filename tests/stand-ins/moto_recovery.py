"""What moto lacks of RDS's and AWS Backup's restores; imported by `moto` beside it.

More of the file that MOTO_CONTROL names:
  lag          how many seconds the latest restorable moment lies back (300 where it is not said)
  kept         how many seconds back the earliest one lies (a week)
  replicated   {to: from}: the Regions to which the automated backups of another one are replicated
  points       recovery points by vault: lists of {arn, resource, created, status}
Requests that restore or promote are written to the file MOTO_CONTROL.calls, one a line, as JSON.
"""

import datetime
import json
import os
from collections.abc import Mapping

import moto.rds.models as rds
from moto.backup.responses import BackupResponse
from moto.backup.urls import url_paths
from moto.core.responses import ActionResult
from moto.rds.exceptions import InvalidParameterCombination

CALLS = os.environ["MOTO_CONTROL"] + ".calls"
REAL = {name: getattr(rds.RDSBackend, name) for name in (
    "delete_db_instance", "describe_db_instance_automated_backups", "promote_read_replica",
    "restore_db_instance_from_db_snapshot", "restore_db_instance_to_point_in_time",
)}


def note(action, request):
    with open(CALLS, "a") as calls:
        calls.write(json.dumps({"action": action, **request}, default=plain) + "\n")


def plain(value):
    return dict(value) if isinstance(value, Mapping) else str(value)


def install(control):
    def ago(key, default):
        return (rds.utcnow() - datetime.timedelta(seconds=control(key, default))).replace(microsecond=0)

    class Backups:
        """The automated backups of one instance, as the Region that keeps them tells of them."""

        def __init__(self, region, name, status):
            self.region, self.db_instance_identifier, self.status = region, name, status
            self.dbi_resource_id = f"db-{name.upper()}"
            self.db_instance_automated_backups_arn = f"arn:aws:rds:{region}:123456789012:auto-backup:ab-{name}"
            self.restore_window = {"EarliestTime": ago("kept", 7 * 86400), "LatestTime": ago("lag", 300)}

    def unmanaged(request):
        """RDS takes no such option here but for Oracle, and keeps no password of what it restored."""
        if request.get("manage_master_user_password") is not None:
            raise InvalidParameterCombination("ManageMasterUserPassword isn't supported for the engine")

    def without_secret(database):
        database.manage_master_user_password = False
        database.__dict__.pop("master_user_secret", None)
        return database

    def elsewhere(backend):
        """The backend whose automated backups are replicated to this one."""
        region = control("replicated", {}).get(backend.region_name)
        return region and rds.rds_backends[backend.account_id][region]

    def describe_db_instance_automated_backups(backend, db_instance_identifier=None, **_):
        kept = [Backups(backend.region_name, name, "active") for name in backend.databases]
        kept += [Backups(backend.region_name, name, "retained") for name in deleted(backend)]
        if source := elsewhere(backend):
            kept += [Backups(source.region_name, name, "replicating") for name in source.databases]
        return [one for one in kept if db_instance_identifier in (None, one.db_instance_identifier)]

    def deleted(backend):
        return backend.__dict__.setdefault("deleted_databases", {})

    def delete_db_instance(backend, db_instance_identifier, *args, **kwargs):
        database = REAL["delete_db_instance"](backend, db_instance_identifier, *args, **kwargs)
        deleted(backend)[db_instance_identifier] = database
        return database

    def restore_db_instance_to_point_in_time(backend, source, target, request):
        note("restore_db_instance_to_point_in_time", {"region": backend.region_name, **request})
        unmanaged(request)
        lent = None
        if arn := request.get("source_db_instance_automated_backups_arn"):
            lent = arn.rsplit(":ab-", 1)[1]
            backend.databases[lent] = elsewhere(backend).databases[lent]
        elif resource := request.get("source_dbi_resource_id"):
            lent = resource.removeprefix("db-").lower()
            backend.databases[lent] = deleted(backend)[lent]
        try:
            return without_secret(REAL["restore_db_instance_to_point_in_time"](backend, lent or source, target, request))
        finally:
            if lent:
                del backend.databases[lent]

    def restore_db_instance_from_db_snapshot(backend, snapshot, request):
        note("restore_db_instance_from_db_snapshot", {"region": backend.region_name, **request})
        unmanaged(request)
        return without_secret(REAL["restore_db_instance_from_db_snapshot"](backend, snapshot, request))

    def promote_read_replica(backend, request):
        note("promote_read_replica", {"region": backend.region_name, **request})
        replica = REAL["promote_read_replica"](backend, request)
        replica.status = "available"  # and modifying until then, as RDS is
        replica.source_db_instance_identifier = None
        return replica

    for name, replacement in list(locals().items()):
        if name in REAL:
            setattr(rds.RDSBackend, name, replacement)
    rds.DBInstance.latest_restorable_time = property(lambda _: ago("lag", 300))

    # AWS Backup: moto dispatches by botocore's own model once it knows the paths.
    url_paths.update({
        "{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/$": BackupResponse.dispatch,
        "{0}/restore-jobs$": BackupResponse.dispatch,
        "{0}/restore-jobs/(?P<name>[^/]+)$": BackupResponse.dispatch,
    })

    def list_recovery_points_by_backup_vault(response):
        vault = response.path.split("/")[2]
        resource = response.querystring.get("resourceArn", [None])[0]
        points = [
            {"RecoveryPointArn": p["arn"], "CreationDate": p["created"], "Status": p["status"], "ResourceArn": p["resource"]}
            for p in control("points", {}).get(vault, []) if resource in (None, p["resource"])
        ]
        return ActionResult({"RecoveryPoints": points})

    jobs = {}

    def start_restore_job(response):
        request = json.loads(response.body)
        note("start_restore_job", {"region": response.region, **request})
        told = request["Metadata"]
        created = told["DBInstanceIdentifier"]
        backend = rds.rds_backends[response.current_account][response.region]
        backend.create_db_instance({
            "db_instance_identifier": created, "engine": "postgres", "db_instance_class": told["DBInstanceClass"],
            "vpc_security_group_ids": json.loads(told["VpcSecurityGroupIds"]), "backup_retention_period": 1,
            "publicly_accessible": told["PubliclyAccessible"] == "true", "multi_az": told["MultiAZ"] == "true",
            "deletion_protection": told["DeletionProtection"] == "true",
        })
        jobs[f"job-{len(jobs)}"] = control("looks", 0)
        return ActionResult({"RestoreJobId": f"job-{len(jobs) - 1}"})

    def describe_restore_job(response):
        job = response.path.rsplit("/", 1)[1]
        left = jobs[job]
        jobs[job] = max(left - 1, 0)
        done = {"Status": "RUNNING", "PercentDone": "12.50%"} if left else {"Status": "COMPLETED", "PercentDone": "100.00%"}
        return ActionResult({"RestoreJobId": job, **done})

    BackupResponse.list_recovery_points_by_backup_vault = list_recovery_points_by_backup_vault
    BackupResponse.start_restore_job = start_restore_job
    BackupResponse.describe_restore_job = describe_restore_job
