"""Reads what check_docs.py compares: articles of the catalogue, enums of the Swift sources, the help of the program."""

import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = ROOT / "Sources"
TESTS = ROOT / "Tests"
CATALOGUE = SOURCES / "MCPAuth" / "MCPAuth.docc"


class CheckError(Exception):
    """The sources or the articles do not have the structure that a check needs."""


# Markdown


def prose_lines(text):
    """The lines outside of fenced code, with their numbers."""
    is_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            is_code = not is_code
        elif not is_code:
            yield number, line


def heading_anchor(heading):
    """The anchor that DocC makes of a heading: spaces become hyphens."""
    plain = re.sub(r"[`'\"]", "", heading.strip())
    return re.sub(r"\s+", "-", plain)


def github_anchor(heading):
    """The anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def headings(text):
    return [match[1] for _, line in prose_lines(text) if (match := re.match(r"#{2,6}\s+(.+)", line))]


def section(article, heading):
    """The text under a `##` heading, up to the next one."""
    lines = []
    is_inside = False
    for _, line in prose_lines(read_article(article)):
        if re.match(r"#{1,2}\s", line):
            is_inside = line.lstrip("#").strip() == heading
        elif is_inside:
            lines.append(line)
    if not lines:
        raise CheckError(f"{article}.md has no section '{heading}'")
    return "\n".join(lines)


def tables(text):
    """Each table of a text: its rows as lists of cells, the header first."""
    rows = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))])
            continue
        if len(rows) > 2:
            yield [rows[0], *rows[2:]]
        rows = []


def code_spans(cell):
    return re.findall(r"`([^`]+)`", cell)


def first_cells(text, header):
    """The code spans in the first cells of all tables with this header."""
    return [name for table in tables(text) if table[0][0] == header for row in table[1:] for name in code_spans(row[0])]


def read_article(name):
    path = CATALOGUE / f"{name}.md"
    if not path.exists():
        raise CheckError(f"there is no article {name}.md")
    return path.read_text()


def articles():
    return {path.stem: path.read_text() for path in sorted(CATALOGUE.glob("*.md"))}


# Swift


def swift_files(under=SOURCES):
    return sorted(under.rglob("*.swift"))


def find_source(pattern, what):
    """The only Swift source in which a pattern occurs."""
    found = [path for path in swift_files() if re.search(pattern, path.read_text())]
    if len(found) != 1:
        raise CheckError(f"{what} should be in one source, and is in {[path.name for path in found]}")
    return found[0].read_text()


def body_after(text, start):
    """The text between the next brace and its closing brace."""
    begin = text.index("{", start)
    depth = 0
    for at in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[begin + 1 : at]
    raise CheckError("a brace is not closed")


def raw_values(text, enum):
    """The raw values of an enum of strings, in their order."""
    match = re.search(rf"\benum {enum}\b", text)
    if not match:
        raise CheckError(f"there is no enum {enum}")
    values = []
    for line in body_after(text, match.start()).splitlines():
        # Cases of a `switch` begin with a dot or a pattern.
        case = re.match(r"\s*case ([a-z]\w*.*)$", line)
        if not case or "(" in case[1]:
            continue
        for item in case[1].split(","):
            name, _, raw = item.partition("=")
            values.append(raw.strip().strip('"') if raw else name.strip())
    return values


def inventory_keys():
    """The keys of each block, by the enums of the decoder."""
    text = find_source(r"\benum RootKey\b", "the inventory's keys")
    keys = {name: raw_values(text, name) for name in re.findall(r"\benum (\w+): String, InventoryKey\b", text)}
    derived = re.search(r"\[DefaultsKey\]\s*=\s*\[\.(\w+)\] \+ OAuth2Key\.allCases\.filter \{ \$0 != \.(\w+) \}", text)
    if not derived:
        raise CheckError("DefaultsKey is not made of OAuth2Key any more: this check must be adapted to its new form")
    left_out = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", derived[2]).lower()
    if left_out not in keys["OAuth2Key"]:
        raise CheckError(f"DefaultsKey leaves out '{left_out}', which OAuth2Key does not have")
    keys["DefaultsKey"] = [derived[1], *(key for key in keys["OAuth2Key"] if key != left_out)]
    return keys


def plan_reasons():
    for path in swift_files():
        text = path.read_text()
        for match in re.finditer(r"\benum Reason\b", text):
            body = body_after(text, match.start())
            if "var name: String" in body:
                return re.findall(r'case \.\w+: "([a-z-]+)"', body)
    raise CheckError("there is no enum Reason with a name for each case")


def lock_members():
    text = find_source(r'\.init\("secret_version"', "the lock file's codec")
    orphans = text.index("extension Orphan")
    entry = re.findall(r'\.init\(\s*"(\w+)"', text[:orphans])
    orphan = body_after(text, orphans)
    return entry + re.findall(r'\.init\("(\w+)"', orphan) + re.findall(r'object\["(\w+)"\] = true', orphan)


# The program


def dumped_help(binary):
    """All commands with their flags, from the program itself."""
    run = subprocess.run(
        [binary, "--experimental-dump-help"], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    if run.returncode != 0:
        raise CheckError(f"'{binary} --experimental-dump-help' ends with {run.returncode}: {run.stderr.strip()}")
    return json.loads(run.stdout)["command"]


def subcommands(command, path):
    for child in command.get("subcommands") or []:
        if child["commandName"] == "help":
            continue
        name = [*path, child["commandName"]]
        yield " ".join(name), child
        yield from subcommands(child, name)


def listed_in_help(binary):
    """The names under SUBCOMMANDS of `mcpauth --help`."""
    run = subprocess.run([binary, "--help"], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    part = run.stdout.partition("SUBCOMMANDS:")[2]
    return [match[1] for line in part.splitlines() if (match := re.match(r"  ([a-z][a-z-]*)(\s|$)", line))]


def flags(command):
    names = set()
    for argument in command.get("arguments") or []:
        for name in argument.get("names") or []:
            if name["kind"] == "long" and name["name"] not in ("help", "version"):
                names.add("--" + name["name"])
    return names


def formats(command):
    """The values of `--format` of a command."""
    for argument in command.get("arguments") or []:
        if any(name["name"] == "format" for name in argument.get("names") or []):
            return argument.get("allValues") or []
    return []
