"""Trees of what was read."""

import re
from typing import Any, NamedTuple


class Problem(Exception):
    """What was rendered cannot be read, or says more than it should."""


class Word(NamedTuple):
    """A word of a command: the text itself, or what its reader makes of it, a document or a query."""

    kind: str
    meaning: Any
    text: str


def unique(pairs):
    """A map of pairs, each key once."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem(f"a key is given twice: {[key for key, _ in pairs]}")
    return found


class Swaps:
    """Plain texts and what stands in their places; all are replaced at once."""

    def __init__(self, pairs):
        self.texts = dict(pairs)
        self.plain = re.compile("|".join(map(re.escape, self.texts)))

    def __call__(self, text):
        return self.plain.sub(lambda found: self.texts[found[0]], text)


def swapped(tree, swaps):
    """The tree with every plain text replaced, also within others and in keys."""
    match tree:
        case str():
            return swaps(tree)
        case dict():
            return {swapped(key, swaps): swapped(value, swaps) for key, value in tree.items()}
        case list():
            return [swapped(item, swaps) for item in tree]
        case Word():
            return Word(tree.kind, swapped(tree.meaning, swaps), swaps(tree.text))
        case tuple():
            return tuple(swapped(item, swaps) for item in tree)
    return tree


def difference(expected, found, path=""):
    """The first difference, for people; None where there is none."""
    if isinstance(expected, Word) and isinstance(found, Word):
        # A text is no more than that, even where it looks like a document.
        part = "text" if expected.kind == "text" else "meaning"
        return difference(getattr(expected, part), getattr(found, part), path)
    if type(expected) is not type(found):
        return f"{path}: expected {short(expected)}, found {short(found)}"
    if isinstance(expected, dict):
        for key in [*expected, *found]:
            if key not in found or key not in expected:
                return f"{path}/{key}: {'missing' if key in expected else 'more than expected'}"
        pairs = ((key, expected[key], found[key]) for key in expected)
    elif isinstance(expected, (list, tuple)):
        if len(expected) != len(found):
            return f"{path}: expected {len(expected)} items, found {len(found)}: {short(expected)} and {short(found)}"
        pairs = zip(range(len(expected)), expected, found)
    else:
        return None if expected == found else f"{path}: expected {short(expected)}, found {short(found)}"
    for key, one, two in pairs:
        if problem := difference(one, two, f"{path}/{key}"):
            return problem
    return None


def short(value):
    text = repr(value)
    return text if len(text) < 300 else f"{text[:300]}…"
