"""Scripts and commands as shfmt parses them, as bash reads them, and as the clouds' clients take them."""

import json
import subprocess
import tempfile
from pathlib import Path

import jmespath
from tree import Problem, Word, difference, unique

SHFMT = Path(__file__).resolve().parents[2] / ".tools/venv/bin/shfmt"
DRIVER = Path(__file__).with_name("driver.bash")


def script(path, text, tags):
    return {"parsed": tree(text, tags), "bash": bash(path, tags)}


# --- shfmt's parser ---------------------------------------------------------------------------------


def tree(text, tags):
    """The syntax tree without its places; a word that holds nothing but text is that text."""
    done = subprocess.run([SHFMT, "-ln", "bash", "--to-json"], input=text.encode(), capture_output=True)
    if done.returncode:
        raise Problem(f"shfmt: {done.stderr.decode()}")
    return node(json.loads(done.stdout), tags)


def node(value, tags):
    if isinstance(value, list):
        return by_key([node(item, tags) for item in value])
    if not isinstance(value, dict):
        return value
    if "Parts" in value:
        parts = static(value["Parts"], tags, value.get("Type") == "DblQuoted")
        rest = {key: inner for key, inner in value.items() if key != "Parts"}
        if len(parts) == 1 and parts[0][0] == "text" and value.get("Type") != "DblQuoted":
            parts = word(parts[0][1], tags)
        return node(rest, tags) | {"Parts": parts}
    return {
        key: node(inner, tags)
        for key, inner in value.items()
        if key not in ("Comments", "Last") and not (isinstance(inner, dict) and inner.keys() <= {"Offset", "Line", "Col"})
    }


def by_key(elements):
    """An array of nothing but tags has no order: each comes under its key."""
    keys = []
    for element in elements:
        parts = element["Value"].get("Parts") if isinstance(element, dict) and isinstance(element.get("Value"), dict) else None
        if not isinstance(parts, Word) or parts.kind != "document" or "Key" not in parts.meaning:
            return elements
        keys.append(parts.meaning["Key"])
    return unique(list(zip(keys, elements))) if keys else elements


def static(parts, tags, quoted):
    """Parts of a word, neighbouring texts as one, whatever their quotes."""
    found = [("text", "")] if not parts else []
    for part in parts:
        match part["Type"]:
            case "Lit":
                pieces = bare(part["Value"], quoted)
            case "SglQuoted" if not part.get("Dollar"):
                pieces = [("text", part.get("Value", ""))]
            case "DblQuoted" if not part.get("Dollar"):
                pieces = static(part.get("Parts", []), tags, True)
            case _:
                pieces = [("part", node(part, tags))]
        for piece in pieces:
            if found and found[-1][0] == piece[0] == "text":
                found[-1] = ("text", found[-1][1] + piece[1])
            else:
                found.append(piece)
    return found


def bare(text, quoted):
    """Text as it stands, with bash's backslashes taken away; what bash would expand is no text."""
    pieces, rest = [("text", "")], iter(text)
    for char in rest:
        if char == "\\":
            after = next(rest, "")
            kept = char + after if quoted and after not in '$`"\\\n' else after
            pieces.append(("text", "" if after == "\n" else kept))
        elif not quoted and char in "*?[~{!":
            pieces.append(("expanded", char))
        else:
            pieces.append(("text", char))
    joined = []
    for kind, value in pieces:
        if joined and joined[-1][0] == kind == "text":
            joined[-1] = (kind, joined[-1][1] + value)
        else:
            joined.append((kind, value))
    return joined


def word(text, tags):
    if text.startswith('{"'):
        try:
            return Word("document", json.loads(text, object_pairs_hook=unique), text)
        except ValueError:
            pass
    if text.startswith(("tags.", "TagList[")):
        return Word("query", query(text, tags), text)
    return Word("text", text, text)


def query(text, tags):
    """What a query answers of a resource that has nothing but its tags."""
    pairs = [{"Key": key, "Value": value} for key, value in tags.get("aws", {}).items()]
    instance = {"TagList": pairs}
    resource = {"tags": tags.get("azure", {}), "DBInstances": [instance], **instance}
    try:
        return jmespath.search(text, resource)
    except jmespath.exceptions.JMESPathError as error:
        raise Problem(f"JMESPath: {text!r}: {error}") from error


# --- bash -------------------------------------------------------------------------------------------


def bash(path, tags):
    """What bash makes of a script: its variables, or the commands of the clouds' clients that it runs.
    Other scripts have no text but names, which the parser's tree shows."""
    if path.name.endswith("-enforce.sh"):
        return [argv(words, tags) for words in run("run", [path])]
    if path.name.endswith("-dump.sh"):
        return variables([path])[0]
    return None


def variables(paths):
    """Of each script the variables that hold texts of the policy."""
    found = []
    for words in run("read", paths):
        fields = {}
        rest = iter(words)
        for name in rest:
            fields[name] = [next(rest) for _ in range(int(next(rest)))]
        found.append(fields)
    if len(found) != len(paths):
        raise Problem(f"bash read {len(found)} of {len(paths)} scripts")
    return found


def run(what, arguments):
    """Lists of words from the driver, in an empty folder that must stay empty."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as told:
        command = ["bash", "--norc", DRIVER, what, *map(str, arguments)]
        environment = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere", "LC_ALL": "C.UTF-8"}
        command = ["bash", "-c", 'exec 9>&"$0"; shift 0; exec "$@"', str(told.fileno()), *command]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, pass_fds=[told.fileno()])
        if left := [path.name for path in Path(folder).iterdir()]:
            raise Problem(f"a text was carried out: {left}")
        if done.returncode:
            raise Problem(f"bash ended with {done.returncode}: {done.stderr.decode()[-500:]}")
        told.seek(0)
        words = told.read().decode().split("\0")[:-1]
    lists = []
    while words:
        count = int(words[0])
        lists.append(words[1 : 1 + count])
        words = words[1 + count :]
    return lists


# --- The clouds' clients ----------------------------------------------------------------------------


def argv(words, tags):
    """A client's words: options, and what their values mean to the client."""
    options = [text for text in words if text.startswith("-")]
    values = [
        Word("query", query(text, tags), text) if before == "--query" else word(text, tags)
        for before, text in zip(["", *words], words)
    ]
    set_tags(words, tags)
    return [options, values]


def set_tags(words, tags):
    """The tags that a command sets must be the policy's."""
    if "--tags" not in words:
        return
    given = words[words.index("--tags") + 1 :]
    if words[0] == "az":
        # The Azure CLI splits at the first sign, and reads a file where the value is one's name.
        pairs = [word.split("=", 1) for word in given]
        files = [value for _, value in pairs if value.startswith("@") and len(value) > 1]
        if files:
            raise Problem(f"az would read files: {files}")
        found, expected = unique([tuple(pair) for pair in pairs]), tags["azure"]
    else:
        pairs = [json.loads(word, object_pairs_hook=unique) for word in given]
        pairs = [item for pair in pairs for item in (pair if isinstance(pair, list) else [pair])]
        found, expected = unique([(pair["Key"], pair["Value"]) for pair in pairs]), tags["aws"]
    if problem := difference(expected, found):
        raise Problem(f"tags: {problem}")


def commands(plain, hostile, tags):
    """Printed commands, read by bash as somebody pastes them: their words, and no other option."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "commands"
        file.write_bytes(b"".join(command["printed"].encode() + b"\n" for command in hostile))
        try:
            found = run("words", [file])
        except Problem as problem:
            return [f"commands: {problem}"]
    problems = []
    if len(found) != len(hostile) or len(plain) != len(hostile):
        problems.append(f"{len(plain)} and {len(hostile)} commands, bash read {len(found)}")
    for one, two, words in zip(plain, hostile, found):
        options = [[word.startswith("-") for word in command["words"]] for command in (one, two)]
        if words != two["words"]:
            problems.append(f"{two['printed']}: bash reads {words}")
        if options[0] != options[1]:
            problems.append(f"{two['printed']}: a text became an option")
        try:
            set_tags(words, tags)
        except Problem as problem:
            problems.append(f"{two['printed']}: {problem}")
    return problems
