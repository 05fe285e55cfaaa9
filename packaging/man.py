#!/usr/bin/env python3
"""man.py - fills the lists of a manual page in, so that no page can lack an option or an op.

    man.py TEMPLATE SOURCE SCDOC PAGE

TEMPLATE is in the language of scdoc(5), with lines that hold only @WORD@.  SOURCE is the program
faultline (@commands@, from its help) or the schema of workloads (the others).  The page is
made by the program SCDOC and written to PAGE.
"""

import json
import re
import subprocess
import sys
from pathlib import Path


def plain(text):
    """Text that scdoc takes as it is."""
    return re.sub(r"([_*\\])", r"\\\1", text)


def item(name, text):
    return f"*{plain(name)}*\n\t{plain(text)}\n"


# ---- from the program ------------------------------------------------------------------------------


def help_of(program, *words):
    return subprocess.run(
        [program, "help", *words], check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout


def commands(program):
    listed = re.search(r"^Commands:\n(.*?)\n\n", help_of(program), re.DOTALL | re.MULTILINE)[1]
    page = ""
    for verb in re.findall(r"^  (\w+)", listed, re.MULTILINE):
        title, rest = help_of(program, verb).split("\n", 1)
        page += f"## {plain(title.removeprefix('faultline '))}\n\n```{rest.rstrip()}\n```\n\n"
    return page


# ---- from the schema -------------------------------------------------------------------------------


def described(schema, of):
    """The description of a property, or of what it refers to, and the words that it may be."""
    referred = schema["definitions"].get(of.get("$ref", "").rpartition("/")[2], {})
    text = of.get("description") or referred.get("description", "")
    words = of.get("enum") or referred.get("enum") or []
    return f"{text} One of: {', '.join(words)}." if words else text


def members(schema, properties):
    return "\n".join(
        item(name, described(schema, of)) for name, of in properties.items() if name != "$schema"
    )


def ops(schema):
    page = ""
    for op in schema["definitions"]["op"]["oneOf"]:
        arguments = dict(op["properties"])
        name = arguments.pop("op")["const"]
        if "pattern" in arguments:
            name += f" ({arguments.pop('pattern')['const']})"
        words = op["description"]
        if arguments:
            words += f" Arguments: {', '.join(arguments)}."
        page += item(name, words) + "\n"
    return page


def lists(source):
    if source.suffix != ".json":
        return {"commands": commands(source)}
    schema = json.loads(source.read_text("utf-8"))
    known = schema["definitions"]
    return {
        "top": members(schema, schema["properties"]),
        "machine": members(schema, known["machine"]["properties"]),
        "process": members(schema, known["process"]["properties"]),
        "ops": ops(schema),
    }


def main():
    if len(sys.argv) != 5:
        raise SystemExit(__doc__)
    _, template, source, scdoc, page = sys.argv
    words = lists(Path(source))
    text = Path(template).read_text("utf-8")
    text = re.sub(r"^@(\w+)@$", lambda line: words[line[1]].rstrip(), text, flags=re.MULTILINE)
    made = subprocess.run([scdoc], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
    Path(page).write_bytes(made)


if __name__ == "__main__":
    main()
