"""The older generation of the Azure SDK's models, which say a property's REST path, type and rules in
tables: the same judgement as arm.py's. They know no members of enumerations.
"""

import functools
import importlib

from common import Finding

SCALARS = {"str": str, "int": int, "float": (int, float), "bool": bool}


def is_model(kind):
    return hasattr(kind, "_attribute_map")


def judge(path, where, value, model, is_expression, envelope):
    """What is wrong with a value that should be of a model. An expression may stand for any value."""

    def members(where, value, tree):
        if is_expression(value):
            return
        if not isinstance(value, dict):
            yield Finding(path, "type", f"{where} is no object")
            return
        for name, member in value.items():
            entry = tree.get(name)
            if entry is None:
                close = next((other for other in tree if other.lower() == name.lower()), None)
                yield Finding(path, "unknown-property", f"{where}.{name} is no property of {model.__name__}" + (f"; {close} is" if close else ""))
            elif isinstance(entry, dict):
                yield from members(f"{where}.{name}", member, entry)
            else:
                yield from leaf(f"{where}.{name}", member, *entry)
        for name, entry in tree.items():
            if isinstance(entry, tuple) and entry[1].get("required") and name not in value and name not in envelope:
                yield Finding(path, "missing", f"{where}.{name} is required")
            elif isinstance(entry, dict) and name not in value and needed(entry):
                yield Finding(path, "missing", f"{where}.{name} is required")

    def leaf(where, value, kind, rules):
        if rules.get("readonly"):
            yield Finding(path, "read-only", f"{where} is read-only")
        elif is_expression(value):
            return
        elif kind[0] in "[{":
            wanted = {"[": list, "{": dict}[kind[0]]
            if not isinstance(value, wanted):
                yield Finding(path, "type", f"{where} is no {wanted.__name__}")
                return
            for index, member in value.items() if wanted is dict else enumerate(value):
                yield from leaf(f"{where}[{index}]", member, kind[1:-1], {})
        elif kind in SCALARS:
            if not isinstance(value, SCALARS[kind]) or (isinstance(value, bool) and kind != "bool"):
                yield Finding(path, "type", f"{where}: {value!r} is no {kind}")
            elif isinstance(value, str) and len(value) > rules.get("max_length", len(value)):
                yield Finding(path, "type", f"{where}: {value!r} has more than {rules['max_length']} characters")
        elif kind[0].isupper():
            inner = getattr(importlib.import_module(model.__module__.rpartition(".")[0]), kind)
            if is_model(inner):
                yield from judge(path, where, value, inner, is_expression, ())
        # What remains (dates, durations, objects) travels as text or as it is.

    model = variant(model, value)
    yield from members(where, value, table(model))


def variant(model, value):
    """A model of which there are several kinds says in one member which it is."""
    package = importlib.import_module(model.__module__.rpartition(".")[0])
    for attribute, kinds in getattr(model, "_subtype_map", {}).items():
        key = model._attribute_map[attribute]["key"].replace("\\.", ".")
        name = kinds.get(value.get(key)) if isinstance(value, dict) else None
        if name and getattr(package, name) is not model:
            return variant(getattr(package, name), value)
    return model


def needed(tree):
    return any(needed(entry) if isinstance(entry, dict) else entry[1].get("required") for entry in tree.values())


@functools.cache
def table(model):
    """The model's properties in the nesting of REST: name -> (type, rules), or a table."""
    tree = {}
    for attribute, entry in model._attribute_map.items():
        *way, last = entry["key"].replace("\\.", "\0").split(".")
        node = tree
        for step in way:
            node = node.setdefault(step.replace("\0", "."), {})
        node[last.replace("\0", ".")] = (entry["type"], getattr(model, "_validation", {}).get(attribute, {}))
    return tree
