#!/usr/bin/env python3
"""Parameter files of ARM templates: *.parameters.json, each beside the template of its name.

The form is the one that Azure documents for deploymentParameters: a schema, a version, and for each
parameter one of `value` and `reference`, the latter to a secret of a Key Vault. Every parameter must
be the template's, and every one that the template leaves open must be given, secure ones excepted:
the client asks for them. A secure parameter is never a value: the file is committed.
"""

import json
import re

import arm
import common
from common import Finding, below

WHAT = "parameters of ARM templates: *.parameters.json"
SUFFIX = ".parameters.json"
SCHEMA = re.compile(r"https://schema\.management\.azure\.com/schemas/\d{4}-\d\d-\d\d/deploymentParameters\.json#")
VAULT = re.compile(r"/subscriptions/[0-9a-fA-F-]{36}/resourceGroups/[^/]+/providers/Microsoft\.KeyVault/vaults/[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]")
SECRET = re.compile(r"[A-Za-z0-9-]{1,127}")
# What a value of a parameter's type is in JSON.
KINDS = {"string": str, "int": int, "bool": bool, "object": dict, "array": list}


def files(folder):
    return below(folder, f"*{SUFFIX}")


def check(folder, files):
    for path in files:
        template = path.with_name(path.name.removesuffix(SUFFIX) + ".json")
        try:
            content = json.loads(path.read_text(), object_pairs_hook=arm.no_duplicates)
            declared = json.loads(template.read_text()).get("parameters", {})
        except ValueError as error:
            yield Finding(path, "syntax", str(error))
        except FileNotFoundError:
            yield Finding(path, "no-template", f"there is no {template.name} beside it")
        else:
            yield from document(path, content, declared)


def document(path, content, declared):
    if not SCHEMA.fullmatch(str(content.get("$schema"))):
        yield Finding(path, "form", f"$schema is not that of a parameter file: {content.get('$schema')}")
    if not re.fullmatch(r"\d+(\.\d+){3}", str(content.get("contentVersion"))):
        yield Finding(path, "form", f"contentVersion is no version: {content.get('contentVersion')}")
    for name in sorted(set(content) - {"$schema", "contentVersion", "parameters"}):
        yield Finding(path, "form", f"{name} has no meaning here")
    given = content.get("parameters")
    if not isinstance(given, dict):
        yield Finding(path, "form", "parameters is no object")
        return
    for name, entry in given.items():
        if name not in declared:
            yield Finding(path, "undeclared", f"{name} is no parameter of the template")
        elif not isinstance(entry, dict) or len(set(entry) & {"value", "reference"}) != 1 or set(entry) - {"value", "reference", "metadata"}:
            yield Finding(path, "form", f"{name} is not one of value and reference")
        else:
            yield from parameter(path, name, entry, str(declared[name].get("type", "")).lower())
    for name, parameter_of in declared.items():
        secure = str(parameter_of.get("type", "")).lower().startswith("secure")
        if "defaultValue" not in parameter_of and name not in given and not secure:
            yield Finding(path, "missing", f"{name} is left open")


def parameter(path, name, entry, kind):
    if "value" in entry:
        if kind.startswith("secure"):
            yield Finding(path, "secret", f"{name} is secure, and its value is in the file")
            return
        value, wanted = entry["value"], KINDS.get(kind)
        if wanted is None or not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            yield Finding(path, "type", f"{name}: {value!r} is no {kind}")
        return
    reference = entry["reference"]
    well_formed = (
        isinstance(reference, dict)
        and not set(reference) - {"keyVault", "secretName", "secretVersion"}
        and isinstance(reference.get("keyVault"), dict)
        and set(reference["keyVault"]) == {"id"}
        and VAULT.fullmatch(str(reference["keyVault"]["id"]))
        and SECRET.fullmatch(str(reference.get("secretName")))
    )
    if not well_formed:
        yield Finding(path, "reference", f"{name} refers to no secret of a Key Vault")


if __name__ == "__main__":
    common.main(__file__)
