#!/usr/bin/env python3
"""Whether the checkers find what they are there for: good and bad samples for each of them.

Prints one line for each sample that was judged wrongly; exit code 0 where none was. `selftest.py NAME…`
takes only those checkers.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from textwrap import dedent

import common

common.use_venv()

# A sample is a file and the rules that must speak about it; a good one has none.
SAMPLES = {}


def sample(checker, path, text, *rules):
    SAMPLES.setdefault(checker, []).append((path, dedent(text).lstrip("\n"), set(rules)))


# --- units -------------------------------------------------------------------------------------

SERVICE = "[Service]\nType=oneshot\nExecStart=/bin/true\n"
TIMER = "[Timer]\nOnCalendar=*-*-* 01:43:00 UTC\nPersistent=true\n[Install]\nWantedBy=timers.target\n"
sample("units", "systemd/good.service", SERVICE)
sample("units", "systemd/good.timer", TIMER)
sample("units", "systemd/alone.timer", TIMER, "alone")
sample("units", "systemd/slept.service", SERVICE)
sample("units", "systemd/slept.timer", TIMER.replace("Persistent=true\n", ""), "persistent")
if shutil.which("systemd-analyze"):
    sample("units", "systemd/word.service", SERVICE + "ProtectSystems=strict\n", "verify")
    sample("units", "systemd/nothing.service", "[Service]\nType=oneshot\nExecStart=/nowhere/at/all\n", "verify")

# --- cron --------------------------------------------------------------------------------------

sample("cron", "cron/good.crontab", """
    # a comment
    SHELL=/bin/bash
    43 1 * * * /opt/backup.sh >>/var/log/backup.log 2>&1
    17 2 * * 0 /opt/backup.sh --weekly "$(date +\\%F)"
    23 5 1 * * /opt/backup.sh --monthly
    """)
sample("cron", "cron/minute.crontab", "*/15 3 * * * /x.sh\n", "minute-zero")
sample("cron", "cron/never.crontab", "17 2 29 2 * /x.sh\n", "dead")
sample("cron", "cron/day.crontab", "17 2 * * 8 /x.sh\n", "syntax")
sample("cron", "cron/date.crontab", "17 2 31 2 * /x.sh\n", "syntax")
sample("cron", "cron/both.crontab", "17 2 1 * 1 /x.sh\n", "both-days")
sample("cron", "cron/percent.crontab", "17 2 * * * /x.sh $(date +%F)\n", "percent")
sample("cron", "cron/nothing.crontab", "# later\n", "empty")
sample("cron", "cron/command.crontab", "17 2 * * *\n", "syntax")
sample("cron", "cron/nickname.crontab", "@daily /x.sh\n", "syntax")
sample("cron", "cron/end.crontab", "17 2 * * * /x.sh\r\n".strip(), "crontab")
sample("cron", "github/good.yml", """
    "on":
      schedule:
        - cron: "17 2 * * *"
      workflow_dispatch:
    """)
sample("cron", "github/plain.yml", "on: push\n")
sample("cron", "github/top.yml", "on:\n  schedule:\n    - cron: '0 2 * * *'\n", "minute-zero")
sample("cron", "github/six.yml", "on:\n  schedule:\n    - cron: '0 17 2 * * *'\n", "syntax")
sample("cron", "github/last.yml", "on:\n  schedule:\n    - cron: '17 2 L * *'\n", "syntax")
sample("cron", "aws/us/good.yaml", """
    Resources:
      Plan:
        Properties:
          Rules:
            - ScheduleExpression: cron(17 2 ? * SUN *)
            - ScheduleExpression: "cron(23 5 1 * ? *)"
    """)
sample("cron", "aws/us/five.yaml", "ScheduleExpression: cron(17 2 * * *)\n", "syntax")
sample("cron", "aws/us/both.yaml", "ScheduleExpression: cron(17 2 1 * 1 *)\n", "syntax")
sample("cron", "aws/us/bare.yaml", "ScheduleExpression: 17 2 ? * SUN *\n", "syntax")
sample("cron", "aws/us/zero.yaml", "ScheduleExpression: cron(0 2 ? * SUN *)\n", "minute-zero")
sample("cron", "aws/us/never.yaml", "ScheduleExpression: cron(17 2 29 2 ? *)\n", "dead")
if shutil.which("systemd-analyze"):
    sample("cron", "systemd/good.timer", "[Timer]\nOnCalendar=Sun *-*-* 02:17:00 UTC\n")
    sample("cron", "systemd/never.timer", "[Timer]\nOnCalendar=*-02-30 02:17:00\n", "dead")
    sample("cron", "systemd/word.timer", "[Timer]\nOnCalendar=Sonntag 02:17\n", "syntax")
    sample("cron", "systemd/daily.timer", "[Timer]\nOnCalendar=daily\n", "minute-zero")

# --- yaml11 ------------------------------------------------------------------------------------

sample("yaml11", "aws/good.yaml", """
    AWSTemplateFormatVersion: "2010-09-09"
    Resources:
      DB:
        Type: AWS::RDS::DBInstance
        Properties:
          PreferredBackupWindow: "03:00-04:00"
          BackupRetentionPeriod: 35
          StorageEncrypted: true
          KmsKeyId: !GetAtt Key.Arn
          Tags: [{ Key: name, Value: !Sub "${AWS::StackName}-db" }]
          Ratio: 0.5
          Nothing: null
          Account: "012345678901"
    """)
for number, value in enumerate(("no", "22:30", "0755", "1e3", "Off", "0o14", "12:30:45")):
    sample("yaml11", f"differs-{number}.yaml", f"key: {value}\n", "differs")
sample("yaml11", "key.yml", "on: push\n", "differs")
for number, value in enumerate(("2010-09-09", "1_000", "0x1F", "True", "~", ".inf", "+1")):
    sample("yaml11", f"json-{number}.yaml", f"key: {value}\n", "not-json")
sample("yaml11", "word.yaml", "key: y\n", "bool-word")
sample("yaml11", "twice.yaml", "key: 1\nkey: 2\n", "key-duplicates")
sample("yaml11", "space.yaml", "key: 1 \n", "trailing-spaces")
sample("yaml11", "broken.yaml", "key: [1\n", "syntax")

# --- shell -------------------------------------------------------------------------------------

sample("shell", "scripts/good.sh", """
    #!/usr/bin/env bash
    set -euo pipefail
    for name in "$@"; do
      echo "$name"
    done
    """)
sample("shell", "scripts/unquoted.sh", '#!/usr/bin/env bash\nrm -f $1\n', "SC2086")
sample("shell", "scripts/headless.sh", 'echo "$1"\n', "SC2148")
sample("shell", "scripts/layout.sh", '#!/usr/bin/env bash\nif true; then\n    echo "$1"\nfi\n', "shfmt")
sample("shell", "scripts/silenced.sh", '#!/usr/bin/env bash\n# shellcheck disable=SC2086\nrm -f $1\n', "silenced")

# --- workflows ---------------------------------------------------------------------------------

WORKFLOW = """
    name: backup
    "on":
      schedule:
        - cron: "17 2 * * *"
      workflow_dispatch:
    permissions: {}
    concurrency:
      group: backup
      cancel-in-progress: false
    jobs:
      dump:
        name: dump
        runs-on: ubuntu-24.04
        timeout-minutes: 30
        permissions:
          contents: read # to check out
        steps:
          - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
            with:
              persist-credentials: false
          - env:
              NAME: ${{ github.ref_name }}
            run: echo "$NAME"
    """
sample("workflows", "github/good.yml", WORKFLOW)
sample("workflows", "github/tag.yml", WORKFLOW.replace("3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "v7"), "unpinned-uses")
sample("workflows", "github/persist.yml", WORKFLOW.replace("persist-credentials: false", "fetch-depth: 1"), "artipacked")
sample("workflows", "github/rights.yml", WORKFLOW.replace("        permissions:\n          contents: read # to check out\n", "").replace("permissions: {}", "permissions: write-all"), "excessive-permissions")
sample("workflows", "github/quote.yml", WORKFLOW.replace('echo "$NAME"', "echo $NAME"), "SC2086")
sample("workflows", "github/key.yml", WORKFLOW.replace("timeout-minutes", "timeout-minute"), "syntax-check")
sample("workflows", "github/context.yml", WORKFLOW.replace("github.ref_name", "githup.ref_name"), "expression")
sample(
    "workflows", ".github/workflows/inject.yml",
    WORKFLOW.replace('echo "$NAME"', 'echo "${{ github.event.head_commit.message }}"'), "template-injection", "expression",
)
sample("workflows", "github/silenced.yml", WORKFLOW.replace("# v7.0.1", "# zizmor: ignore[artipacked]"), "silenced")

# --- cfn and iam -------------------------------------------------------------------------------

TEMPLATE = """
    AWSTemplateFormatVersion: "2010-09-09"
    Description: a sample
    Resources:
      DB:
        Type: AWS::RDS::DBInstance
        DeletionPolicy: Snapshot
        UpdateReplacePolicy: Snapshot
        Properties:
          DBInstanceIdentifier: sample
          DBInstanceClass: db.t4g.medium
          Engine: postgres
          EngineVersion: "16"
          AllocatedStorage: "100"
          StorageEncrypted: true
          MasterUsername: postgres
          ManageMasterUserPassword: true
          BackupRetentionPeriod: 35
    """
sample("cfn", "aws/us/good.yaml", TEMPLATE.replace('          EngineVersion: "16"\n', ""))
sample("cfn", "aws/us/major.yaml", TEMPLATE, "W3691")
sample("cfn", "elsewhere.yaml", TEMPLATE.replace("35", "35\n          Nonsense: 1"), "W3691", "E3002")
sample("cfn", "aws/us/silenced.yaml", TEMPLATE.replace("Resources:", "Metadata:\n      cfn-lint:\n        config:\n          ignore_checks: [W3691]\n    Resources:"), "silenced")

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["rds:DescribeDBInstances"], "Resource": "arn:aws:rds:us-east-1:123456789012:db:*"}]}
TRUST = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
    "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
    "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}},
}]}
sample("iam", "iam/good.json", json.dumps(POLICY))
sample("iam", "iam/trust.json", json.dumps(TRUST))
sample("iam", "iam/action.json", json.dumps(POLICY).replace("DescribeDBInstances", "DescribeDBInstance"), "W3037", "UNKNOWN_ACTION")
sample("iam", "iam/resource.json", json.dumps(POLICY).replace(":db:", ":snapshot:"), "RESOURCE_MISMATCH", "I3510")
sample("iam", "iam/star.json", json.dumps(POLICY).replace("arn:aws:rds:us-east-1:123456789012:db:*", "*"), "RESOURCE_STAR")
sample("iam", "iam/effect.json", json.dumps(POLICY).replace("Allow", "allow"), "E3510", "MALFORMED")
sample("iam", "iam/version.json", json.dumps(POLICY).replace("2012", "2008").replace("10-17", "10-17"), "version", "W2511", "OLD_VERSION")
sample("iam", "iam/empty.json", "{}", "syntax")

# --- arm and lifecycle -------------------------------------------------------------------------

RULES = {"rules": [{"name": "dumps", "enabled": True, "type": "Lifecycle", "definition": {
    "filters": {"blobTypes": ["blockBlob"], "prefixMatch": ["backups/"]},
    "actions": {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 365}}},
}}]}
ARM = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {"adminPassword": {"type": "secureString"}, "days": {"type": "int", "defaultValue": 35}},
    "resources": [
        {
            "type": "Microsoft.DBforPostgreSQL/flexibleServers", "apiVersion": "2025-08-01", "name": "sample", "location": "eastus",
            "sku": {"name": "Standard_D2s_v3", "tier": "GeneralPurpose"},
            "properties": {
                "version": "16", "administratorLogin": "pgadmin",
                "administratorLoginPassword": "[parameters('adminPassword')]",
                "authConfig": {"passwordAuth": "Enabled"},
                "backup": {"backupRetentionDays": "[parameters('days')]", "geoRedundantBackup": "Enabled"},
            },
        },
        {
            "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2026-04-01", "name": "samples", "location": "eastus",
            "kind": "StorageV2", "sku": {"name": "Standard_GRS"}, "properties": {"allowBlobPublicAccess": False},
        },
        {
            "type": "Microsoft.Storage/storageAccounts/managementPolicies", "apiVersion": "2026-04-01", "name": "samples/default",
            "dependsOn": ["[resourceId('Microsoft.Storage/storageAccounts', 'samples')]"], "properties": {"policy": RULES},
        },
    ],
}


def changed(document, *changes):
    """A copy with a value put at a path (`None` takes it away)."""
    copy = json.loads(json.dumps(document))
    for *way, last, value in changes:
        node = copy
        for step in way:
            node = node[step]
        if value is None:
            del node[last]
        else:
            node[last] = value
    return json.dumps(copy, indent=2) + "\n"


SERVER, BACKUP = ("resources", 0), ("resources", 0, "properties", "backup")
sample("arm", "azure/good.json", changed(ARM))
sample("arm", "azure/unknown.json", changed(ARM, (*BACKUP, "backupRetention", 7)), "unknown-property")
sample("arm", "azure/case.json", changed(ARM, (*BACKUP, "georedundantBackup", "Enabled")), "unknown-property")
sample("arm", "azure/read-only.json", changed(ARM, (*BACKUP, "earliestRestoreDate", "2026-01-01T00:00:00Z")), "read-only")
sample("arm", "azure/state.json", changed(ARM, (*SERVER, "properties", "state", "Ready")), "read-only")
sample("arm", "azure/enum.json", changed(ARM, (*BACKUP, "geoRedundantBackup", "enabled")), "enum")
sample("arm", "azure/type.json", changed(ARM, (*BACKUP, "backupRetentionDays", "35"), ("parameters", "days", None)), "type")
sample("arm", "azure/default.json", changed(ARM, ("parameters", "days", "defaultValue", "35")), "type")
sample("arm", "azure/list.json", changed(ARM, ("resources", 2, "properties", "policy", "rules", 0, "definition", "filters", "blobTypes", "blockBlob")), "type")
sample("arm", "azure/missing.json", changed(ARM, ("resources", 1, "kind", None)), "missing")
sample("arm", "azure/undeclared.json", changed(ARM, (*SERVER, "location", "[parameters('place')]")), "undeclared")
sample("arm", "azure/unused.json", changed(ARM, ("parameters", "extra", {"type": "string"}), ("variables", {"more": 1})), "unused")
sample("arm", "azure/open.json", changed(ARM, ("parameters", "adminPassword", "type", "string")), "secret")
sample("arm", "azure/written.json", changed(ARM, (*SERVER, "properties", "administratorLoginPassword", "geheim"), ("parameters", "adminPassword", None)), "secret")
sample("arm", "azure/shown.json", changed(ARM, ("outputs", {"it": {"type": "string", "value": "[parameters('adminPassword')]"}})), "secret")
sample("arm", "azure/preset.json", changed(ARM, ("parameters", "adminPassword", "defaultValue", "geheim")), "secret")
sample("arm", "azure/version.json", changed(ARM, (*SERVER, "apiVersion", None)), "template")
sample("arm", "azure/location.json", changed(ARM, (*SERVER, "location", 7)), "template", "type")
sample("arm", "azure/name.json", changed(ARM, ("resources", 2, "name", "default")), "template")
sample("arm", "azure/kind.json", changed(ARM, ("resources", 1, "type", "Microsoft.Storage/accounts")), "unknown-type")
sample("arm", "azure/repeated.json", changed(ARM, ("resources", [*ARM["resources"], ARM["resources"][1]])), "twice")
sample("arm", "azure/twice.json", changed(ARM).replace('"contentVersion"', '"$schema": "x", "contentVersion"'), "syntax")
sample("arm", "azure/schema-good.json", changed(ARM, (*SERVER, "apiVersion", "2000-01-01"), (*SERVER, "location", "westus")))
sample("arm", "azure/schema.json", changed(ARM, (*SERVER, "apiVersion", "2000-01-01")), "schema")
sample("arm", "azure/schema-version.json", changed(ARM, ("resources", 1, "apiVersion", "2000-01-01")), "no-schema")
# Models of the older generation.
GROUP = {
    **ARM,
    "parameters": {},
    "resources": [{
        "type": "Microsoft.Insights/actionGroups", "apiVersion": "2023-01-01", "name": "group", "location": "Global",
        "properties": {
            "groupShortName": "group", "enabled": True,
            "emailReceivers": [{"name": "one", "emailAddress": "one@example.com", "useCommonAlertSchema": True}],
        },
    }],
}
INNER = ("resources", 0, "properties")
RECEIVER = (*INNER, "emailReceivers", 0)
sample("arm", "azure/older.json", changed(GROUP))
sample("arm", "azure/older-unknown.json", changed(GROUP, (*RECEIVER, "mail", "x")), "unknown-property")
sample("arm", "azure/older-case.json", changed(GROUP, (*INNER, "groupshortname", "x")), "unknown-property")
sample("arm", "azure/older-read-only.json", changed(GROUP, (*RECEIVER, "status", "Enabled")), "read-only")
sample("arm", "azure/older-type.json", changed(GROUP, (*INNER, "enabled", "true")), "type")
sample("arm", "azure/older-list.json", changed(GROUP, (*INNER, "emailReceivers", {})), "type")
sample("arm", "azure/older-length.json", changed(GROUP, (*INNER, "groupShortName", "thirteen-long")), "type")
sample("arm", "azure/older-missing.json", changed(GROUP, (*RECEIVER, "emailAddress", None)), "missing")
sample("arm", "azure/older-expression.json", changed(GROUP, (*RECEIVER, "emailAddress", "[resourceGroup().id]")))
# A member says of which kind another one is.
LAG = {
    **GROUP,
    "resources": [{
        "type": "Microsoft.Insights/metricAlerts", "apiVersion": "2018-03-01", "name": "lag", "location": "Global",
        "properties": {
            "severity": 2, "enabled": True, "scopes": ["/x"], "evaluationFrequency": "PT5M", "windowSize": "PT15M",
            "criteria": {
                "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                "allOf": [{
                    "criterionType": "StaticThresholdCriterion", "name": "lag", "metricName": "lag",
                    "operator": "GreaterThan", "threshold": 900, "timeAggregation": "Average",
                }],
            },
        },
    }],
}
CRITERION = ("resources", 0, "properties", "criteria", "allOf", 0)
sample("arm", "azure/older-kind.json", changed(LAG))
sample("arm", "azure/older-kind-unknown.json", changed(LAG, (*CRITERION, "limit", 900)), "unknown-property")
sample("arm", "azure/older-kind-missing.json", changed(LAG, (*CRITERION, "threshold", None)), "missing")

# Stand-ins for the published schemas, so that the answer is the same where those are not at hand.
SCHEMAS = {
    "Microsoft.DBforPostgreSQL_flexibleServers.2000-01-01": {"properties": {"location": {"enum": ["westus"]}}},
    "Microsoft.DBforPostgreSQL_flexibleServers.2025-08-01": {
        "definitions": {"expression": {"type": "string", "pattern": r"^\["}},
        "properties": {"name": {"oneOf": [{"type": "string"}, {"$ref": "#/definitions/expression"}]}},
    },
    "Microsoft.Storage_storageAccounts.2026-04-01": {},
}

S3 = {"Rules": [{
    "ID": "dumps", "Status": "Enabled", "Filter": {"Prefix": "dumps/"}, "Expiration": {"Days": 400},
    "Transitions": [{"Days": 90, "StorageClass": "GLACIER_IR"}], "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}]}
sample("lifecycle", "lifecycle/s3.json", changed(S3))
sample("lifecycle", "lifecycle/s3-name.json", changed(S3, ("Rules", 0, "Expire", {})), "s3")
sample("lifecycle", "lifecycle/s3-type.json", changed(S3, ("Rules", 0, "Expiration", "Days", "400")), "s3")
sample("lifecycle", "lifecycle/s3-class.json", changed(S3, ("Rules", 0, "Transitions", 0, "StorageClass", "GLACIER_INSTANT")), "s3")
sample("lifecycle", "lifecycle/s3-status.json", changed(S3, ("Rules", 0, "Status", None)), "s3")
sample("lifecycle", "lifecycle/blob.json", changed(RULES))
sample("lifecycle", "lifecycle/blob-whole.json", changed({"properties": {"policy": RULES}}))
sample("lifecycle", "lifecycle/blob-name.json", changed(RULES, ("rules", 0, "definition", "actions", "blob", {})), "unknown-property")
sample("lifecycle", "lifecycle/blob-missing.json", changed(RULES, ("rules", 0, "definition", None)), "missing")
sample("lifecycle", "lifecycle/other.json", "[]", "syntax")

# --- parameters --------------------------------------------------------------------------------

VAULT = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/group/providers/Microsoft.KeyVault/vaults/some-vault"
PARAMETERS = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {
        "adminPassword": {"reference": {"keyVault": {"id": VAULT}, "secretName": "server-admin"}},
        "days": {"value": 14},
    },
}
SECRET = ("parameters", "adminPassword")


def parameters(name, content, *rules, template=ARM):
    """A parameter file beside a template."""
    sample("parameters", f"azure/{name}.json", changed(template))
    sample("parameters", f"azure/{name}.parameters.json", content, *rules)


parameters("good", changed(PARAMETERS))
parameters("default", changed(PARAMETERS, ("parameters", "days", None)))
parameters("schema", changed(PARAMETERS, ("$schema", ARM["$schema"])), "form")
parameters("version", changed(PARAMETERS, ("contentVersion", 1)), "form")
parameters("more", changed(PARAMETERS, ("outputs", {})), "form")
parameters("both", changed(PARAMETERS, ("parameters", "days", "reference", {})), "form")
parameters("bare", changed(PARAMETERS, ("parameters", "days", 14)), "form")
parameters("other", changed(PARAMETERS, ("parameters", "hours", {"value": 14})), "undeclared")
parameters("asked", changed(PARAMETERS, (*SECRET, None)))
parameters("open", changed(PARAMETERS, ("parameters", "days", None)), "missing",
           template={**ARM, "parameters": {**ARM["parameters"], "days": {"type": "int"}}})
parameters("written", changed(PARAMETERS, (*SECRET, {"value": "geheim"})), "secret")
parameters("type", changed(PARAMETERS, ("parameters", "days", "value", "14")), "type")
parameters("vault", changed(PARAMETERS, (*SECRET, "reference", "keyVault", "id", "some-vault")), "reference")
parameters("name", changed(PARAMETERS, (*SECRET, "reference", "secretName", "server_admin")), "reference")
parameters("twice", changed(PARAMETERS).replace('"contentVersion"', '"$schema": "x", "contentVersion"'), "syntax")
sample("parameters", "azure/alone.parameters.json", changed(PARAMETERS), "no-template")

# --- runbooks ----------------------------------------------------------------------------------

RUNBOOK = "# Runbook\n\nSome text.\n\n```sh\n{}\n```\n"
sample("runbooks", "runbooks/good.md", RUNBOOK.format("ls -l \"$HOME\""))
sample("runbooks", "runbooks/heading.md", "## Late\n\n# Runbook\n", "MD041")
sample("runbooks", "runbooks/syntax.md", RUNBOOK.format("if true; then"), "bash")
sample("runbooks", "runbooks/script.md", RUNBOOK.format("bash generated/scripts/none.sh --help"), "script")

# --- unjudged ----------------------------------------------------------------------------------

sample("unjudged", "scripts/good.sh", "true\n")
sample("unjudged", "new/kind.conf", "true\n", "unjudged")


def judge_samples(name):
    with tempfile.TemporaryDirectory() as place:
        folder, schemas = Path(place) / "files", Path(place) / "schemas"
        schemas.mkdir()
        for stem, content in SCHEMAS.items():
            (schemas / f"{stem}.strict.json").write_text(json.dumps(content))
        os.environ["BACKSTAY_ARM_SCHEMAS"] = str(schemas)
        for path, text, _ in SAMPLES[name]:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, newline="")
        module = common.checker(name)
        found = {}
        for finding in module.check(folder, module.files(folder)):
            found.setdefault(common.relative(finding.path, folder), []).append(finding)
        for path, _, rules in SAMPLES[name]:
            said = found.get(path, [])
            given = {finding.rule for finding in said}
            if "crontab" not in rules:  # the real cron joins in where it is installed
                given.discard("crontab")
            if given != rules:
                told = "; ".join(finding.text(folder) for finding in said) or "nothing"
                yield f"{name}: {path}: expected {sorted(rules) or 'nothing'}, was told {told}"


def judge_command_line():
    """What Rust sees: exit codes, output, exceptions."""
    with tempfile.TemporaryDirectory() as place:
        folder, nothing, exceptions = Path(place) / "files", Path(place) / "nothing", Path(place) / "exceptions.toml"
        (folder / "cron").mkdir(parents=True)
        nothing.mkdir()
        (folder / "cron" / "bad.crontab").write_text("17 2 1 * 1 /x.sh\n")

        def entry(rule, file="cron/*", reason="because"):
            return f'[[exception]]\nchecker = "cron"\nrule = "{rule}"\nfile = "{file}"\nreason = "{reason}"\n'

        finding = "cron/bad.crontab: line 1: '17 2 1 * 1': cron runs on either day where both are set [both-days]\n"
        for what, given, code, out in (
            ("a finding", ("", folder), 1, finding),
            ("an excepted one", (entry("both-days"), folder), 0, ""),
            ("an exception for other files", (entry("both-days", "aws/*"), folder), 1, finding),
            ("an exception too many", (entry("both-days") + entry("dead"), folder), 1,
             "exceptions.toml: nothing needs the exception from dead for cron/* any more [cron]\n"),
            ("that, in a partial folder", (entry("both-days") + entry("dead"), folder, "--partial"), 0, ""),
            ("an exception without a reason", (entry("both-days", reason=" "), folder), 2, ""),
            ("nothing to judge", ("", nothing, "--allow-empty"), 0, ""),
            ("no folder", ("", folder / "no"), 2, ""),
        ):
            exceptions.write_text(given[0])
            done = subprocess.run(
                [common.HERE / "all", given[1], "--only", "cron", "--exceptions", exceptions, *given[2:]], capture_output=True, text=True
            )
            if (done.returncode, done.stdout) != (code, out):
                yield f"command line: {what}: expected {code} {out!r}, was told {done.returncode} {done.stdout!r} {done.stderr!r}"
        empty = subprocess.run([common.HERE / "cron.py", nothing], capture_output=True, text=True)
        if empty.returncode != 1 or "no file to judge" not in empty.stdout:
            yield f"command line: an empty folder: was told {empty.returncode} {empty.stdout!r} {empty.stderr!r}"


def main():
    if {"-h", "--help"} & set(sys.argv):
        print(__doc__.strip())
        return 0
    names = sys.argv[1:] or [*SAMPLES, "command-line"]
    wrong = [line for name in names for line in (judge_command_line() if name == "command-line" else judge_samples(name))]
    print("".join(f"{line}\n" for line in wrong), end="")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
