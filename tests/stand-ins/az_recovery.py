"""The part of the az stand-in that restores: flexible servers, their locks, long-term backups, secrets.

Kept in the folder of the stand-in:
  servers.json   flexible servers by name, in the shapes of Microsoft.DBforPostgreSQL 2025-08-01
  points.json    recovery points of the one backup instance: lists of {name, time}
  looks          how often a new server's or job's state is asked for before it is ready (0)
  state          the state until then (Provisioning)
  secrets/VAULT/NAME  what a Key Vault holds
"""

import json
import re

TRUE = {"action": "store_true"}
OPTIONAL = {}
def window(text):
    """As the client takes it: a day and a time, or Disabled."""
    if not re.fullmatch(r"Disabled|(Sun|Mon|Tue|Wed|Thu|Fri|Sat):([01]?\d|2[0-3]):[0-5]?\d", text):
        raise ValueError(text)
    return text


OPTIONS = {
    "postgres flexible-server restore": {
        "restore-time": OPTIONAL, "key": OPTIONAL, "identity": OPTIONAL, "backup-key": OPTIONAL, "backup-identity": OPTIONAL,
        "geo-redundant-backup": {"choices": ("Enabled", "Disabled")}, "no-wait": TRUE, "yes": TRUE,
    },
    "postgres flexible-server geo-restore": {
        "key": OPTIONAL, "identity": OPTIONAL, "subnet": OPTIONAL, "private-dns-zone": OPTIONAL, "no-wait": TRUE, "yes": TRUE,
    },
    "postgres flexible-server update": {
        "public-access": {"choices": ("Enabled", "Disabled")}, "backup-retention": OPTIONAL, "zonal-resiliency": OPTIONAL,
        "storage-auto-grow": OPTIONAL, "allow-same-zone": TRUE, "maintenance-window": {"type": window},
    },
    "postgres flexible-server delete": {"yes": TRUE},
    "postgres flexible-server replica promote": {
        "promote-mode": {"choices": ("standalone", "switchover")}, "promote-option": {"choices": ("planned", "forced")}, "yes": TRUE,
    },
    "tag update": {"subscription": OPTIONAL, "tags": {"nargs": "+"}},
    "lock list": {"subscription": OPTIONAL},
    "lock create": {"subscription": OPTIONAL},
    "keyvault secret set": {"file": OPTIONAL, "encoding": OPTIONAL},
}
SERVER = ["subscription", "resource-group", "name"]
VAULT = ["subscription", "resource-group", "vault-name"]
LEVELS = ("CanNotDelete", "ReadOnly")


def commands(folder, fail, show):
    def read(name, default):
        path = folder / name
        return json.loads(path.read_text()) if path.exists() else default

    def write(name, value):
        (folder / name).write_text(json.dumps(value))

    def server_id(options, name):
        return f"/subscriptions/{options.subscription}/resourceGroups/{options.resource_group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{name}"

    def not_found(name):
        fail(f"(ResourceNotFound) The Resource 'Microsoft.DBforPostgreSQL/flexibleServers/{name}' was not found.\nCode: ResourceNotFound", 3)

    def gradual(name, done):
        """The state of something new, until it was looked at often enough."""
        left = read("left.json", {})
        if left.get(name):
            left[name] -= 1
            write("left.json", left)
            return read("state", "Provisioning")
        return done

    def begin(name):
        write("left.json", {**read("left.json", {}), name: read("looks", 0)})

    def server_show(options):
        servers = read("servers.json", {})
        if options.name not in servers:
            not_found(options.name)
        show({**servers[options.name], "state": gradual(options.name, servers[options.name]["state"])}, options)

    def make(options, **more):
        servers = read("servers.json", {})
        source = options.source_server.rsplit("/", 1)[-1]
        if source not in servers:
            not_found(source)
        if options.name in servers:
            fail(f"(ServerNameAlreadyExists) Specified server name is already used.\nCode: ServerNameAlreadyExists")
        new = {
            **servers[source], "id": server_id(options, options.name), "name": options.name, "state": "Ready", "tags": None,
            "fullyQualifiedDomainName": f"{options.name}.postgres.database.azure.com", **more,
        }
        write("servers.json", {**servers, options.name: new})
        begin(options.name)

    def geo_restore(options):
        make(options, location=options.location)

    def server_update(options):
        servers = read("servers.json", {})
        if options.public_access and options.name in servers:
            servers[options.name]["network"]["publicNetworkAccess"] = options.public_access
            write("servers.json", servers)

    def server_delete(options):
        servers = read("servers.json", {})
        if options.name not in servers:
            not_found(options.name)
        if any(lock["id"].startswith(server_id(options, options.name)) for lock in read("locks.json", [])):
            fail("(ScopeLocked) The scope cannot perform delete operation because following scope(s) are locked.\nCode: ScopeLocked")
        del servers[options.name]
        write("servers.json", servers)

    def promote(options):
        servers = read("servers.json", {})
        server = servers.get(options.name) or not_found(options.name)
        if server["replica"]["role"] != "AsyncReplica":
            fail(f"Server {options.name} is not a replica server.")
        server["replica"]["role"] = "Primary"
        write("servers.json", servers)
        begin(options.name)

    def tag_update(options):
        servers = read("servers.json", {})
        name = options.resource_id.rsplit("/", 1)[-1]
        if name in servers:
            tags = dict(pair.split("=", 1) for pair in options.tags)
            servers[name]["tags"] = {**(servers[name]["tags"] or {}), **tags}
            write("servers.json", servers)

    def lock_create(options):
        if options.lock_type not in LEVELS:
            fail(f"'{options.lock_type}' is not a valid value for '--lock-type'", 2)
        lock = {"id": f"{options.resource}/providers/Microsoft.Authorization/locks/{options.name}", "name": options.name}
        write("locks.json", [*(other for other in read("locks.json", []) if other != lock), lock])

    def lock_list(options):
        show([lock for lock in read("locks.json", []) if lock["id"].startswith(options.resource + "/")], options)

    def lock_delete(options):
        write("locks.json", [lock for lock in read("locks.json", []) if lock["id"] != options.ids])

    def locations(options):
        pairs = {"eastus": "westus", "westeurope": "northeurope", "brazilsouth": None}
        show([
            {"name": name, "metadata": {"pairedRegion": [{"name": pair}] if pair else []}} for name, pair in pairs.items()
        ], options)

    def instance_list(options):
        servers = read("servers.json", {})
        show([
            {"name": f"{name}-{name}-0001", "properties": {"dataSourceInfo": {"resourceID": one["id"].replace("flexibleServers", "flexibleservers")}}}
            for name, one in servers.items()
        ], options)

    def point_list(options):
        show([
            {"name": point["name"], "properties": {"recoveryPointTime": point["time"], "objectType": "AzureBackupDiscreteRecoveryPoint"}}
            for point in read("points.json", [])
        ], options)

    def initialize(options):
        show({
            "objectType": "AzureBackupRecoveryPointBasedRestoreRequest", "recoveryPointId": options.recovery_point_id,
            "sourceDataStoreType": options.source_datastore,
            "restoreTargetInfo": {
                "objectType": "RestoreFilesTargetInfo", "recoveryOption": "FailIfExists", "restoreLocation": options.restore_location,
                "targetDetails": {
                    "filePrefix": options.target_file_name, "restoreTargetLocationType": "AzureBlobs", "url": options.target_blob_container_url,
                },
            },
        }, options)

    def trigger(options):
        json.loads(options.restore_request_object)
        begin("job")
        show({"jobId": f"/subscriptions/{options.subscription}/resourceGroups/{options.resource_group}/providers/Microsoft.DataProtection/backupVaults/{options.vault_name}/backupJobs/1"}, options)

    def job_show(options):
        show({"properties": {"status": gradual("job", "Completed")}}, options)

    def secret(options):
        return folder / "secrets" / options.vault_name / options.name

    def secret_show(options):
        if not secret(options).exists():
            fail(f"(SecretNotFound) A secret with (name/id) {options.name} was not found in this key vault.\nCode: SecretNotFound")
        show({"value": secret(options).read_text()}, options)

    def secret_set(options):
        secret(options).parent.mkdir(parents=True, exist_ok=True)
        with open(options.file) as file:
            secret(options).write_text(file.read())

    server = "postgres flexible-server "
    protection = "dataprotection "
    return {
        server + "show": (server_show, SERVER),
        server + "restore": (make, [*SERVER, "source-server"]),
        server + "geo-restore": (geo_restore, [*SERVER, "source-server", "location"]),
        server + "update": (server_update, SERVER),
        server + "delete": (server_delete, SERVER),
        server + "replica promote": (promote, SERVER),
        "tag update": (tag_update, ["resource-id", "operation"]),
        "lock create": (lock_create, ["name", "lock-type", "resource"]),
        "lock list": (lock_list, ["resource"]),
        "lock delete": (lock_delete, ["ids"]),
        "account list-locations": (locations, []),
        protection + "backup-instance list": (instance_list, VAULT),
        protection + "recovery-point list": (point_list, [*VAULT, "backup-instance-name"]),
        protection + "backup-instance restore initialize-for-data-recovery-as-files": (initialize, [
            "datasource-type", "restore-location", "source-datastore", "target-blob-container-url", "target-file-name", "recovery-point-id",
        ]),
        protection + "backup-instance restore trigger": (trigger, [*VAULT, "backup-instance-name", "restore-request-object"]),
        protection + "job show": (job_show, ["ids"]),
        "keyvault secret show": (secret_show, ["vault-name", "name"]),
        "keyvault secret set": (secret_set, ["vault-name", "name"]),
    }
