#!/usr/bin/env python3
"""ARM templates: every *.json whose $schema is a deployment template's.

The Azure Python SDK's own models are the judge: a resource's properties must exist there, must not
be read-only, must have the model's type, and an enumerated one must be a member; what the model
requires must be there. Where a folder of JSON Schemas is at hand (the environment variable
BACKSTAY_ARM_SCHEMAS, or ../shared/azure/schemas beside the checkout), each resource must also fit
<type>.<apiVersion>.strict.json.

Of the template itself: parameters and variables declared and used, passwords only through secure
parameters without a default, no secret in an output, names and locations as text, API versions.
"""

import enum
import functools
import importlib
import inspect
import json
import os
import re
import types
import typing
from pathlib import Path

import arm_older
import common
from common import Finding, below

WHAT = "ARM templates: *.json with a deploymentTemplate $schema"

# Lower case throughout: ARM does not distinguish.
MODELS = {
    "microsoft.alertsmanagement/actionrules": ("alertprocessingrules", "AlertProcessingRule"),
    "microsoft.authorization/locks": ("resource.locks", "ManagementLockObject"),
    "microsoft.authorization/roleassignments": ("authorization.v2022_04_01", "RoleAssignmentCreateParameters"),
    "microsoft.authorization/roledefinitions": ("authorization.v2022_04_01", "RoleDefinition"),
    "microsoft.dataprotection/backupvaults": ("dataprotection", "BackupVaultResource"),
    "microsoft.dataprotection/backupvaults/backupinstances": ("dataprotection", "BackupInstanceResource"),
    "microsoft.dataprotection/backupvaults/backuppolicies": ("dataprotection", "BaseBackupPolicyResource"),
    "microsoft.dbforpostgresql/flexibleservers": ("postgresqlflexibleservers", "Server"),
    "microsoft.dbforpostgresql/flexibleservers/administrators": ("postgresqlflexibleservers", "AdministratorMicrosoftEntraAdd"),
    "microsoft.dbforpostgresql/flexibleservers/configurations": ("postgresqlflexibleservers", "Configuration"),
    "microsoft.dbforpostgresql/flexibleservers/databases": ("postgresqlflexibleservers", "Database"),
    "microsoft.dbforpostgresql/flexibleservers/firewallrules": ("postgresqlflexibleservers", "FirewallRule"),
    "microsoft.insights/actiongroups": ("monitor", "ActionGroupResource"),
    "microsoft.insights/activitylogalerts": ("monitor", "ActivityLogAlertResource"),
    "microsoft.insights/metricalerts": ("monitor", "MetricAlertResource"),
    "microsoft.managedidentity/userassignedidentities": ("msi.v2024_11_30", "Identity"),
    "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials": ("msi.v2024_11_30", "FederatedIdentityCredential"),
    "microsoft.storage/storageaccounts": ("storage", "StorageAccountCreateParameters"),
    "microsoft.storage/storageaccounts/blobservices": ("storage", "BlobServiceProperties"),
    "microsoft.storage/storageaccounts/blobservices/containers": ("storage", "BlobContainer"),
    "microsoft.storage/storageaccounts/blobservices/containers/immutabilitypolicies": ("storage", "ImmutabilityPolicy"),
    "microsoft.storage/storageaccounts/managementpolicies": ("storage", "ManagementPolicy"),
}
NESTED = "microsoft.resources/deployments"
# What ARM itself reads in a resource, whatever its type.
ENVELOPE = {"type", "apiVersion", "name", "condition", "copy", "dependsOn", "comments", "scope", "resources", "metadata"}
PARAMETER_TYPES = {"string", "securestring", "int", "bool", "object", "secureobject", "array"}


def files(folder):
    return [path for path in below(folder, "*.json") if "deploymentTemplate" in schema_of(path)]


def schema_of(path):
    """By its text: a template that cannot be parsed is still a template."""
    found = re.search(r'"\$schema"\s*:\s*"([^"]*)"', path.read_text())
    return found[1] if found else ""


def check(folder, files):
    for path in files:
        try:
            content = json.loads(path.read_text(), object_pairs_hook=no_duplicates)
        except ValueError as error:
            yield Finding(path, "syntax", str(error))
            continue
        yield from template(path, "", content)


def no_duplicates(pairs):
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"'{name}' is given twice in one object")
    return dict(pairs)


# --- the template ------------------------------------------------------------------------------


def template(path, place, content):
    for name in ("$schema", "contentVersion", "resources"):
        if name not in content:
            yield Finding(path, "template", f"{place}{name} is missing")
    parameters = content.get("parameters", {})
    yield from declared(path, place, content, "parameters", parameters)
    yield from declared(path, place, content, "variables", content.get("variables", {}))
    for name, parameter in parameters.items():
        yield from parameter_of(path, f"{place}parameters.{name}", name, parameter)
    secure = {name for name, parameter in parameters.items() if str(parameter.get("type", "")).lower().startswith("secure")}
    for name, output in content.get("outputs", {}).items():
        for used in references(output, "parameters") & secure:
            yield Finding(path, "secret", f"{place}outputs.{name} shows the secure parameter {used}")
        if re.search(r"\blistKeys\(|\blistSecrets\(", json.dumps(output), re.IGNORECASE):
            yield Finding(path, "secret", f"{place}outputs.{name} shows keys")
    for where, value in named_values(content.get("resources", []), f"{place}resources"):
        used = references(value, "parameters")
        if where.lower().endswith("password") and not (used and used <= secure):
            yield Finding(path, "secret", f"{where} is no secure parameter")

    seen = {}
    for where, resource in all_resources(content.get("resources", []), f"{place}resources"):
        identity = (str(resource.get("type")).lower(), str(resource.get("name")).lower(), str(resource.get("scope")).lower())
        if identity in seen:
            yield Finding(path, "twice", f"{where} and {seen[identity]} are the same resource")
        seen[identity] = where
        yield from resource_of(path, where, resource, parameters)


def declared(path, place, content, kind, names):
    inner = {key: value for key, value in content.items() if key not in ("$schema",)}
    used = {name.lower() for name in references(without_inner_templates(inner), kind)}
    known = {name.lower() for name in names if name != "copy"}
    for name in sorted(used - known):
        yield Finding(path, "undeclared", f"{place}{kind}('{name}') is used and not declared")
    for name in sorted(known - used):
        yield Finding(path, "unused", f"{place}{kind}.{name} is declared and not used")


def references(value, kind):
    return set(re.findall(rf"\b{kind}\(\s*'([^']+)'\s*\)", json.dumps(value), re.IGNORECASE))


def without_inner_templates(value):
    """A nested deployment with inner scope has parameters of its own."""
    if isinstance(value, dict):
        if inner_scope(value):
            value = {**value, "properties": {k: v for k, v in value["properties"].items() if k != "template"}}
        return {key: without_inner_templates(member) for key, member in value.items()}
    if isinstance(value, list):
        return [without_inner_templates(member) for member in value]
    return value


def inner_scope(resource):
    properties = resource.get("properties")
    if str(resource.get("type")).lower() != NESTED or not isinstance(properties, dict):
        return False
    return str(properties.get("expressionEvaluationOptions", {}).get("scope", "outer")).lower() == "inner"


def parameter_of(path, place, name, parameter):
    kind = str(parameter.get("type", "")).lower()
    if kind not in PARAMETER_TYPES:
        yield Finding(path, "template", f"{place}: {parameter.get('type')} is no parameter type")
    if "password" in name.lower() and not kind.startswith("secure"):
        yield Finding(path, "secret", f"{place} is {parameter.get('type')}, not secureString")
    if kind.startswith("secure") and parameter.get("defaultValue", "") != "":
        yield Finding(path, "secret", f"{place} is secret and has a default value")
    if "allowedValues" in parameter and "defaultValue" in parameter and parameter["defaultValue"] not in parameter["allowedValues"]:
        yield Finding(path, "template", f"{place}: the default value is not an allowed one")


def named_values(value, place):
    if isinstance(value, dict):
        for name, member in value.items():
            yield f"{place}.{name}", member
            yield from named_values(member, f"{place}.{name}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from named_values(member, f"{place}[{index}]")


def all_resources(resources, place, parent=None):
    """Every resource with its full type and name: a child's are relative to its parent's."""
    entries = resources.items() if isinstance(resources, dict) else enumerate(resources)
    for index, resource in entries:
        if not isinstance(resource, dict):
            continue
        if parent is not None:
            resource = {
                **resource,
                "type": f"{parent.get('type')}/{resource.get('type')}",
                "name": f"{parent.get('name')}/{resource.get('name')}",
            }
        where = f"{place}[{index}]" if isinstance(index, int) else f"{place}.{index}"
        yield where, resource
        yield from all_resources(resource.get("resources", []), f"{where}.resources", resource)


# --- one resource ------------------------------------------------------------------------------


def resource_of(path, where, resource, parameters):
    kind = resource.get("type")
    if not is_text(kind):
        yield Finding(path, "template", f"{where}.type is no text")
        return
    where = f"{where} ({kind})"
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(-preview)?", str(resource.get("apiVersion"))):
        yield Finding(path, "template", f"{where}.apiVersion is no version: {resource.get('apiVersion')}")
    for name in ("name", "location"):
        if not is_text(resource.get(name)) and (name in resource or name == "name"):
            yield Finding(path, "template", f"{where}.{name} is no text")
    depends = resource.get("dependsOn", [])
    if not (isinstance(depends, list) and all(is_text(entry) for entry in depends)):
        yield Finding(path, "template", f"{where}.dependsOn is no list of texts")
    segments = str(resource.get("name")).count("/") + 1
    if not is_expression(resource.get("name")) and is_text(resource.get("name")) and segments != kind.count("/"):
        yield Finding(path, "template", f"{where}.name has {segments} parts where its type has {kind.count('/')}")

    lower = kind.lower()
    if lower == NESTED:
        inner = resource.get("properties", {}).get("template")
        if isinstance(inner, dict):
            yield from template(path, f"{where}.template.", inner) if inner_scope(resource) else nested_outer(path, where, inner, parameters)
    elif lower in MODELS:
        package, name = MODELS[lower]
        body = {key: value for key, value in resource.items() if key not in ENVELOPE}
        yield from properties(path, where, body, getattr(models(package), name), defaults(parameters))
    else:
        yield Finding(path, "unknown-type", f"{where}: this checker has no model of the type")
    yield from schema(path, where, resource)


def nested_outer(path, where, inner, parameters):
    """With outer scope the inner template's expressions belong to the outer one, which has looked at them."""
    for place, resource in all_resources(inner.get("resources", []), f"{where}.template.resources"):
        yield from resource_of(path, place, resource, parameters)


def is_text(value):
    return isinstance(value, str) and value.strip() != ""


def is_expression(value):
    return isinstance(value, str) and value.startswith("[") and not value.startswith("[[") and value.endswith("]")


def defaults(parameters):
    return {name.lower(): parameter["defaultValue"] for name, parameter in parameters.items() if "defaultValue" in parameter}


# --- by the SDK's models -----------------------------------------------------------------------


@functools.cache
def models(package):
    return importlib.import_module(f"azure.mgmt.{package}.models")


@functools.cache
def fields(model):
    """REST name -> (type, how it may be used) of a model, its bases included."""
    model.__new__(model)  # the SDK computes a model's fields when one is made
    package = importlib.import_module(model.__module__.rpartition(".")[0])
    hints = typing.get_type_hints(model, globalns={**vars(importlib.import_module(model.__module__)), "_models": package})
    return {field._rest_name: (hints[name], field) for name, field in model._attr_to_rest_field.items()}


def properties(path, where, value, kind, known=None):
    """Compares a value with a type of the SDK, all the way down. `known`: default values of parameters."""
    known = known or {}
    if is_expression(value):
        whole = re.fullmatch(r"\[\s*parameters\(\s*'([^']+)'\s*\)\s*\]", value)
        if whole and whole[1].lower() in known and not is_expression(known[whole[1].lower()]):
            yield from properties(path, f"{where} (the parameter's default)", known[whole[1].lower()], kind)
        return
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        kinds = [entry for entry in arguments if entry is not type(None)]
        # `str or the enumeration` means the enumeration, open to values of later API versions.
        kinds = [entry for entry in kinds if is_enum(entry)] or kinds
        attempts = [list(properties(path, where, value, entry, known)) for entry in kinds]
        yield from min(attempts, key=len)
    elif origin is list:
        if not isinstance(value, list):
            yield Finding(path, "type", f"{where} is no list")
            return
        for index, member in enumerate(value):
            yield from properties(path, f"{where}[{index}]", member, arguments[0], known)
    elif origin is dict:
        if not isinstance(value, dict):
            yield Finding(path, "type", f"{where} is no object")
            return
        for name, member in value.items():
            yield from properties(path, f"{where}.{name}", member, arguments[1], known)
    elif is_enum(kind):
        if value not in [member.value for member in kind]:
            yield Finding(path, "enum", f"{where}: {value!r} is none of {', '.join(str(member.value) for member in kind)}")
    elif arm_older.is_model(kind):
        yield from arm_older.judge(path, where, value, kind, is_expression, ENVELOPE)
    elif hasattr(kind, "_is_model") or hasattr(kind, "_deserialize"):
        yield from model_of(path, where, value, kind, known)
    elif kind in (str, int, float, bool):
        fits = {str: str, int: int, float: (int, float), bool: bool}[kind]
        if not isinstance(value, fits) or (isinstance(value, bool) and kind is not bool):
            yield Finding(path, "type", f"{where}: {value!r} is no {kind.__name__}")
    # What remains (dates, durations, Any) travels as text or as it is.


def is_enum(kind):
    return inspect.isclass(kind) and issubclass(kind, enum.Enum)


def model_of(path, where, value, model, known):
    if not isinstance(value, dict):
        yield Finding(path, "type", f"{where} is no object")
        return
    members = fields(model)
    for name, (_, field) in members.items():
        mapping = getattr(model, "__mapping__", {})
        if field._is_discriminator and isinstance(value.get(name), str) and value[name] in mapping and mapping[value[name]] is not model:
            yield from model_of(path, where, value, mapping[value[name]], known)
            return
    iterated = {entry.get("name") for entry in value["copy"]} if isinstance(value.get("copy"), list) else set()
    for name, member in value.items():
        if name == "copy" and iterated:
            continue
        if name not in members:
            close = next((other for other in members if other.lower() == name.lower()), None)
            yield Finding(path, "unknown-property", f"{where}.{name} is no property of {model.__name__}" + (f"; {close} is" if close else ""))
            continue
        kind, field = members[name]
        if field._visibility and not {"create", "update"} & set(field._visibility):
            yield Finding(path, "read-only", f"{where}.{name} is read-only")
            continue
        yield from properties(path, f"{where}.{name}", member, kind, known)
    for name, (kind, field) in members.items():
        optional = type(None) in typing.get_args(kind) or (field._visibility and not {"create", "update"} & set(field._visibility))
        if not optional and name not in value and name not in iterated and name not in ENVELOPE:
            yield Finding(path, "missing", f"{where}.{name} is required")


# --- by the published schemas ------------------------------------------------------------------


def schema_folder():
    return Path(os.environ.get("BACKSTAY_ARM_SCHEMAS") or common.ROOT.parent / "shared" / "azure" / "schemas")


@functools.cache
def validator(file):
    from jsonschema import Draft4Validator

    return Draft4Validator(json.loads(file.read_text(), object_hook=tolerant))


def tolerant(node):
    """An expression fits both `text` and `expression`, which a strict `one of` refuses."""
    if any(isinstance(entry, dict) and str(entry.get("$ref", "")).endswith("expression") for entry in node.get("oneOf", []) if isinstance(node.get("oneOf"), list)):
        node = {**node, "anyOf": node["oneOf"]}
        del node["oneOf"]
    return node


def schema(path, where, resource):
    if not is_text(resource.get("apiVersion")):
        return  # said already
    folder = schema_folder()
    stem = resource["type"].replace("/", "_").lower()
    versions = [file for file in sorted(folder.glob("*.strict.json")) if file.name.lower().startswith(f"{stem}.")]
    if not versions:
        return
    file = next((file for file in versions if file.name.lower() == f"{stem}.{resource.get('apiVersion')}.strict.json"), None)
    if file is None:
        yield Finding(path, "no-schema", f"{where}: no schema of {resource.get('apiVersion')}; there is {', '.join(f.name for f in versions)}")
        return
    for error in validator(file).iter_errors(resource):
        while error.context:  # into the alternative that came nearest
            error = max(error.context, key=lambda inner: (len(inner.absolute_path), inner.validator not in ("type", "pattern")))
        place = ".".join(str(part) for part in error.absolute_path)
        yield Finding(path, "schema", f"{where}.{place}: {error.message}")


if __name__ == "__main__":
    common.main(__file__)
