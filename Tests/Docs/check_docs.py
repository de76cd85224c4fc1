"""Compares the documentation catalogue with the code, so that neither can change without the other.

    python3 Tests/Docs/check_docs.py [--bin .build/debug]
"""

import json
import pathlib
import re
import subprocess
import sys

from reading import (
    ROOT,
    TESTS,
    CheckError,
    articles,
    code_spans,
    dumped_help,
    find_source,
    first_cells,
    flags,
    formats,
    github_anchor,
    heading_anchor,
    headings,
    inventory_keys,
    listed_in_help,
    lock_members,
    plan_reasons,
    prose_lines,
    raw_values,
    read_article,
    section,
    subcommands,
    tables,
)

sys.path.insert(0, str(ROOT / "Tests"))

from support import Checks, parser

# Files that may cite the catalogue, and must not cite documents outside of the repository.
CITING = ["Sources", "Tests", "README.md", "schemas", "examples"]
OUTSIDE = re.compile(r"\b(protocol|product|reliability|quirks?|exports|architecture|issue) [0-9]+([.-][0-9]+)*\b")
# The number of a section or a row of such a document, without its name.
NUMBER = re.compile(r"#[A-Za-z0-9-]+ to [0-9]|(?:^|\s)//.*\b[24]-[0-9]+\b")
CITATION = re.compile(r"(?<![\w/.:#@-])([A-Z][A-Za-z]+)#([A-Za-z0-9][A-Za-z0-9-]*)")
LINK = re.compile(r"<doc:([^>#]*)(?:#([^>]*))?>")
# How an article writes the form of a citation.
PLACEHOLDER = "Article"
# Numbered rows of this article are cited by their number: `RealServers#17`.
NUMBERED = "RealServers"
ROWS = range(1, 83)
# Each row of its tables names the tests of a defence.
THREATS = "ThreatModel"

# The sections of InventoryReference.md, and the enums of the decoder whose keys their tables list.
SECTIONS = {
    "Document": "RootKey",
    "Client": "ClientKey",
    "Consumers": "ConsumerKey",
    "Defaults": "DefaultsKey",
    "Secrets": "SecretsKey",
    "Login at a kv2 store": "KV2AuthKey",
    "Keys of a login": "KV2LoginKey",
    "State": "StateKey",
    "User of etcd": "EtcdAuthKey",
    "Network": "NetworkKey",
    "Servers": "ServerKey",
    "OAuth2 block": "OAuth2Key",
    "API key and custom headers": "APIKeyKey",
    "Secret references": "ReferenceKey",
}


# Comparisons


def differences(documented, actual, what):
    """Names that are documented but do not exist, that exist but are not documented, and that are documented twice."""
    invented = sorted(set(documented) - set(actual))
    missing = sorted(set(actual) - set(documented))
    return (
        [f"names {what} '{name}', which the code does not have" for name in invented]
        + [f"does not name {what} '{name}'" for name in missing]
        + [f"names {what} '{name}' more than once" for name in repeated(documented)]
    )


def repeated(names):
    return sorted({name for name in names if names.count(name) > 1})


def citing_files(places):
    for place in places:
        path = ROOT / place
        files = [path] if path.is_file() else sorted(path.rglob("*")) if path.exists() else []
        for file in files:
            if file.is_file() and not file.is_symlink() and "__pycache__" not in file.parts:
                yield file


def each_line(places):
    for file in citing_files(places):
        try:
            text = file.read_bytes().decode()
        except UnicodeDecodeError:
            continue  # fuzzer data, or a compressed file
        for number, line in enumerate(text.splitlines(), 1):
            yield f"{file.relative_to(ROOT)}:{number}", line


def anchor_problem(catalogue, article, anchor):
    """Why `article#anchor` is a wrong citation; None if it is a heading or a numbered row."""
    if article not in catalogue:
        return f"there is no article '{article}'"
    if article == NUMBERED and anchor.isdigit():
        if int(anchor) in row_numbers(catalogue[article]):
            return None
        return f"{article} has no row {anchor}"
    if anchor in map(heading_anchor, headings(catalogue[article])):
        return None
    return f"{article} has no heading '{anchor}'"


def row_numbers(text):
    return [int(match[1]) for line in text.splitlines() if (match := re.match(r"\| (\d+) \|", line))]


# The checks: each returns its problems


def check_citations():
    catalogue = articles()
    problems = []
    count = 0
    for place, line in each_line(CITING):
        for article, anchor in CITATION.findall(line):
            if article == PLACEHOLDER:
                continue
            count += 1
            if problem := anchor_problem(catalogue, article, anchor):
                problems.append(f"{place} cites {article}#{anchor}: {problem}")
    return problems if count else ["nothing cites the catalogue: is the pattern still right?"]


def check_links():
    catalogue = articles()
    problems = []
    for name, text in catalogue.items():
        for number, line in prose_lines(text):
            for article, anchor in LINK.findall(line):
                article = article or name
                problem = (
                    anchor_problem(catalogue, article, anchor)
                    if anchor
                    else None if article in catalogue else f"there is no article '{article}'"
                )
                if problem:
                    problems.append(f"{name}.md:{number} links {article}{'#' + anchor if anchor else ''}: {problem}")
    return problems


def check_headings():
    """An anchor must belong to exactly one heading."""
    problems = []
    for name, text in articles().items():
        anchors = [heading_anchor(heading) for heading in headings(text)]
        problems += [f"{name}.md has two headings '{anchor}'" for anchor in repeated(anchors)]
        if not text.startswith("# "):
            problems.append(f"{name}.md does not begin with its title")
    return problems


def check_topics():
    catalogue = articles()
    topics = re.findall(r"^- <doc:(\w+)>$", section("MCPAuth", "Topics"), re.MULTILINE)
    return differences(topics, [name for name in catalogue if name != "MCPAuth"], "the article")


def check_outside_documents():
    problems = []
    for place, line in each_line([*CITING, ".github"]):
        for match in OUTSIDE.finditer(line):
            problems.append(f"{place} cites '{match[0]}', and no such document is in the repository")
        if match := NUMBER.search(line):
            problems.append(f"{place} has '{match[0].strip()}': cite each heading or row by its own name")
    return problems


def check_inventory_keys():
    keys = inventory_keys()
    unlisted = sorted(set(keys) - set(SECTIONS.values()))
    problems = [f"the decoder has keys of {enum}, and no section lists them" for enum in unlisted]
    for heading, enum in SECTIONS.items():
        documented = first_cells(section("InventoryReference", heading), "Key")
        problems += [f"section '{heading}' {problem}" for problem in differences(documented, keys[enum], "the key")]
    for heading in map(str.strip, re.findall(r"^## (.+)$", read_article("InventoryReference"), re.MULTILINE)):
        if heading not in SECTIONS and first_cells(section("InventoryReference", heading), "Key"):
            problems.append(f"section '{heading}' lists keys, and this check knows no enum for it")
    return problems


def check_codes():
    codes = raw_values(find_source(r"\benum DiagnosticCode\b", "DiagnosticCode"), "DiagnosticCode")
    return differences(first_cells(read_article("ErrorCodes"), "Code"), codes, "the code")


def check_reasons():
    return differences(first_cells(section("PlanAndApply", "Reasons"), "Reason"), plan_reasons(), "the reason")


def check_lock_members():
    documented = first_cells(section("PlanAndApply", "Lock file"), "Member")
    actual = lock_members() + ["version", "lineage", "servers", "orphans", "secrets_command"]
    return differences(sorted(set(documented)), sorted(set(actual)), "the member")


def check_commands(binary):
    actual = dict(subcommands(dumped_help(binary), ["mcpauth"]))
    documented = first_cells(section("PlanAndApply", "Commands"), "Command")
    problems = differences(documented, list(actual), "the command")
    top = [name.split()[1] for name in documented if len(name.split()) == 2]
    in_help = differences(top, listed_in_help(binary), "the command")
    return problems + [f"{problem} in mcpauth --help" for problem in in_help]


def check_flags(binary):
    actual = {
        name.removeprefix("mcpauth "): flags(command)
        for name, command in subcommands(dumped_help(binary), ["mcpauth"])
        if not command.get("subcommands")
    }
    documented = {name: set() for name in actual}
    problems = []
    for table in tables(section("PlanAndApply", "Flags")):
        if table[0][0] != "Flag":
            continue
        for row in table[1:]:
            commands = code_spans(row[1])
            problems += [f"{row[0]}: there is no command '{name}'" for name in commands if name not in actual]
            if row[1].startswith("all but"):
                commands = [name for name in actual if name not in commands]
            for name in commands:
                documented.setdefault(name, set()).update(code_spans(row[0]))
    for name, names in actual.items():
        problems += differences(sorted(documented[name]), sorted(names), f"for '{name}' the flag")
    return problems


def check_formats(binary):
    actual = {
        name.removeprefix("mcpauth "): formats(command)
        for name, command in subcommands(dumped_help(binary), ["mcpauth"])
        if formats(command)
    }
    documented = {name: [] for name in actual}
    problems = []
    for table in tables(section("PlanAndApply", "Formats")):
        for row in table[1:]:
            commands = list(actual) if row[1] == "all" else code_spans(row[1])
            problems += [f"{row[0]}: '{name}' has no --format" for name in commands if name not in actual]
            for name in commands:
                documented.setdefault(name, []).extend(code_spans(row[0]))
    for name, values in actual.items():
        problems += differences(documented[name], values, f"for '{name}' the format")
    return problems


def check_rows():
    numbers = row_numbers(read_article(NUMBERED))
    if numbers == list(ROWS):
        return []
    return [f"its rows should be numbered {ROWS[0]} to {ROWS[-1]} in order, and are {numbers}"]


def declaration(name, text):
    """The declaration of a name in a source; its first group is the row number of a quirk."""
    return re.search(rf"\b(?:let|var|func|def|case) `?{re.escape(name)}\b`?(?: = Quirk\(\s*(\d+),)?", text)


def check_named_tests():
    problems = []
    files = {path.name: path for path in TESTS.rglob("*") if path.suffix in (".swift", ".py")}
    count = 0
    for line in read_article(NUMBERED).splitlines():
        row = re.match(r"\| (\d+) \|", line)
        if not row:
            continue
        cell = re.split(r"(?<!\\)\|", line.strip().strip("|"))[-1]
        spans = code_spans(cell)
        if not spans:
            problems.append(f"row {row[1]} names no test")
        text = None
        for span in spans:
            count += 1
            name = pathlib.PurePath(span).name
            if name.endswith((".swift", ".py")):
                text = files[name].read_text() if name in files else None
                if text is None:
                    problems.append(f"row {row[1]} names the file '{span}', which is not in Tests")
                    break
            elif text is None:
                problems.append(f"row {row[1]} names '{span}' before any file")
                break
            elif not (found := declaration(span, text)):
                problems.append(f"row {row[1]} names '{span}', which that file does not declare")
            elif found[1] and found[1] != row[1]:
                problems.append(f"row {row[1]} names '{span}', which is of row {found[1]}")
    return problems if count else ["no row names a test"]


def check_threats():
    """Each row of a table with the column Test names files, and functions that they declare."""
    problems = []
    count = 0
    for table in tables(read_article(THREATS)):
        if table[0][-1] != "Test":
            continue
        for row in table[1:]:
            text = None
            for span in code_spans(row[-1]):
                count += 1
                path = ROOT / span
                if span.startswith("Tests/"):
                    text = path.read_text() if path.is_file() else None
                    if text is None:
                        problems.append(f"'{row[2]}' names the file '{span}', which is not there")
                        break
                elif text is None:
                    problems.append(f"'{row[2]}' names '{span}' before any file")
                    break
                elif not declaration(span, text):
                    problems.append(f"'{row[2]}' names '{span}', which that file does not declare")
            if not code_spans(row[-1]):
                problems.append(f"'{row[2]}' names no test")
    return problems if count else ["no row names a test"]


def check_readme():
    """Its lines fit a terminal of 120 columns, and its links lead to files and headings of the repository."""
    text = (ROOT / "README.md").read_text()
    problems = [f"line {number} has {len(line)} columns" for number, line in enumerate(text.splitlines(), 1) if len(line) > 120]
    targets = re.findall(r"\]\(([^)]+)\)", text) + re.findall(r"^\[\w+\]: (\S+)$", text, re.MULTILINE)
    for target in targets:
        place, _, anchor = target.partition("#")
        path = ROOT / place
        if not path.exists():
            problems.append(f"links {target}, and there is no such file")
        elif anchor and anchor not in map(github_anchor, headings(path.read_text())):
            problems.append(f"links {target}, and that file has no such heading")
    problems += [
        f"uses the link '{name}' and does not define it, or the reverse"
        for name in sorted(
            set(re.findall(r"\]\[(\w+)\]", text)) ^ set(re.findall(r"^\[(\w+)\]: ", text, re.MULTILINE))
        )
    ]
    return problems if targets else ["README.md has no link"]


def main():
    binary = str(parser(__doc__).parse_args().bin / "mcpauth")
    checks = [
        ("citations of the catalogue", check_citations),
        ("links between articles", check_links),
        ("headings", check_headings),
        ("MCPAuth.md lists every article", check_topics),
        ("no document outside of the repository is cited", check_outside_documents),
        ("InventoryReference.md", check_inventory_keys),
        ("ErrorCodes.md", check_codes),
        ("PlanAndApply.md, Reasons", check_reasons),
        ("PlanAndApply.md, Lock file", check_lock_members),
        ("PlanAndApply.md, Commands", lambda: check_commands(binary)),
        ("PlanAndApply.md, Flags", lambda: check_flags(binary)),
        ("PlanAndApply.md, Formats", lambda: check_formats(binary)),
        ("RealServers.md, rows", check_rows),
        ("RealServers.md, tests", check_named_tests),
        ("ThreatModel.md, tests", check_threats),
        ("README.md", check_readme),
    ]
    check = Checks()
    for what, problems_of in checks:
        try:
            problems = problems_of()
        except (CheckError, OSError, subprocess.TimeoutExpired, json.JSONDecodeError) as error:
            problems = [str(error)]
        check(what, not problems, "\n      ".join(problems))
    sys.exit(check.finish())


if __name__ == "__main__":
    main()
