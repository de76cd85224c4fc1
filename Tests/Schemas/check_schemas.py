"""Compares the schema of the inventory with its decoder.

Every file of `good` is accepted and every file of `bad` is refused, by the schema and by the program, which reports the
codes in the first line of the file. Rules that a JSON schema cannot express are listed in BEYOND_SCHEMA. A file of that list
that the schema refuses is a failure, so that the list stays correct. The inventories of the folder `examples` are checked
too, and the examples and defaults in the schema.

    python Tests/Schemas/check_schemas.py [--bin .build/debug]      with the packages of requirements.txt
"""

import json
import pathlib
import re
import sys

import jsonschema
import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from support import ROOT, Checks, environment, parser, run

SCHEMA = ROOT / "schemas" / "servers.schema.json"

# By code: why a schema cannot express it, and the files in `bad` that show it.
BEYOND_SCHEMA = {
    "duplicate-key": (
        "a schema sees the mapping after the keys became one",
        ["duplicate-root", "duplicate-server", "duplicate-in-server", "duplicate-merge", "duplicate-header"],
    ),
    "inventory-too-large": (
        "a schema sees neither the file nor the aliases",
        ["too-deep", "too-many-aliases"],
    ),
    "unset-variable": (
        "a schema knows no environment",
        ["variable-unset", "variable-of-environment"],
    ),
    "reference-refused": (
        "the program has the list of what is refused",
        ["reference-env", "reference-file", "kv2-reference-ci"],
    ),
    "consumers-disagree": (
        "a schema knows no consumer's methods",
        ["consumers-disagree"],
    ),
    "mixed-redirect-uris": (
        "whether it matters depends on which servers are registered, and on their application_type",
        ["mixed-redirects"],
    ),
    "missing-key": (
        "what a registered server needs may stand in its own block, in defaults or in client",
        [
            "client-missing",
            "client-name-missing",
            "client-redirects-missing",
            "client-missing-at-endpoints",
            "cimd-without-url",
        ],
    ),
    "partial-oauth2-config": (
        "the rule holds after defaults were merged",
        ["partial-defaults", "partial-unset"],
    ),
    "insecure-url": (
        "whether a loopback endpoint is allowed depends on the server's own URL",
        ["insecure-endpoint"],
    ),
    "invalid-url": ("a pattern does not count a port", ["url-port"]),
    "invalid-value": (
        "names across servers, checksums, widths of networks, overflow and the form of ${…} are beyond a pattern",
        [
            "consumers-not-named",
            "moved-from-itself",
            "moved-from-another",
            "moved-from-twice",
            "recipient-checksum",
            "allow-private-network",
            "duration-huge",
            "variable-malformed",
        ],
    ),
}

# The variables of the files of `good`; all others are unset. A variable without the prefix is not used.
ENVIRONMENT = {
    "MCPAUTH_VAR_MCP_HOST": "mcp.example.com",
    "MCPAUTH_VAR_MCP_EMPTY": "",
    "MCP_HOST_OF_THE_ENVIRONMENT": "mcp.example.com",
}


class Loader(yaml.SafeLoader):
    """Reads YAML as mcpauth does: YAML 1.2 scalars, keys as text, `true` and `false` as the only booleans."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        if not isinstance(node, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(None, None, "no mapping", node.start_mark)
        self.flatten_mapping(node)
        mapping = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key that is no scalar", key.start_mark)
            mapping[key.value] = self.construct_object(value, deep=True)
        return mapping

    def construct_yaml_map(self, node):
        data = {}
        yield data
        data.update(self.construct_mapping(node))


Loader.add_constructor("tag:yaml.org,2002:map", Loader.construct_yaml_map)
Loader.add_constructor(
    "tag:yaml.org,2002:int", lambda loader, node: int(node.value, 0 if node.value[:2] in ("0x", "0o") else 10)
)
Loader.add_constructor("tag:yaml.org,2002:bool", lambda loader, node: node.value == "true")
for tag, pattern, first in [
    ("bool", r"^(?:true|false)$", "tf"),
    ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("merge", r"^<<$", "<"),
]:
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def schema_refuses(validator, path):
    """Why the schema or the YAML parser refuses a file; None if both accept it."""
    try:
        document = yaml.load(path.read_bytes().decode("utf-8-sig"), Loader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        return f"no YAML: {str(error).splitlines()[0]}"
    except RecursionError:
        return "too deep"
    error = jsonschema.exceptions.best_match(validator.iter_errors(document))
    return None if error is None else f"{error.json_path}: {error.message}"


def expected_codes(path):
    data = path.read_bytes()
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="replace")
    first = text.lstrip("\ufeff").splitlines()[0]
    prefix = "# expect: "
    if not first.startswith(prefix):
        raise SystemExit(f"{path.name}: its first line does not say what to expect")
    return sorted(code.strip() for code in first[len(prefix) :].split(","))


def validate(binary, path):
    done = run([binary, "validate", path], ROOT, environment(**ENVIRONMENT, NO_COLOR="1"))
    return done.code, sorted(set(re.findall(r"error\[([a-z0-9-]+)\]", done.text))), done.text


def check_good(path, validator, binary):
    refused = schema_refuses(validator, path)
    if refused:
        return f"the schema refuses it: {refused}"
    status, codes, output = validate(binary, path)
    if status != 0:
        return f"mcpauth refuses it with exit {status} {codes}:\n{output}"
    return None


def check_bad(path, validator, binary):
    expected = expected_codes(path)
    refused = schema_refuses(validator, path)
    listed = [code for code, (_, names) in BEYOND_SCHEMA.items() if path.stem in names]
    if listed and listed != expected:
        return f"BEYOND_SCHEMA has it under {listed}, and it expects {expected}"
    if refused and listed:
        return f"BEYOND_SCHEMA lists it, and the schema refuses it: {refused}"
    if not refused and not listed:
        return "the schema accepts it"
    status, codes, output = validate(binary, path)
    if status != 3 or codes != expected:
        return f"mcpauth ends with exit {status} {codes}, expected are 3 {expected}:\n{output}"
    if "hunter2" in output:
        return f"mcpauth shows the secret:\n{output}"
    return None


def described_keys(schema, path="$"):
    """Every key of the inventory with its subschema: a property with a description, its own or that of its definition."""
    if isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from described_keys(part, f"{path}[{index}]")
    if not isinstance(schema, dict):
        return
    for name, part in schema.items():
        if name in ("const", "default", "enum", "examples", "required"):
            continue
        if name == "properties":
            for key, rule in part.items():
                if isinstance(rule, dict) and ("description" in rule or "$ref" in rule):
                    yield f"{path}.{key}", rule
                yield from described_keys(rule, f"{path}.{key}")
        else:
            yield from described_keys(part, f"{path}/{name}")


def check_examples(check, schema, validator):
    """An editor offers examples and defaults: each key has an example, and each value fits its own subschema."""
    keys = 0
    for path, rule in described_keys(schema):
        target = schema["definitions"][rule["$ref"].rpartition("/")[2]] if "$ref" in rule else rule
        # A condition names a key again, without a description or at its own path.
        if "description" not in target or path.startswith(("$/if", "$/then")):
            continue
        keys += 1
        examples = target.get("examples", [])
        fitting = validator.evolve(schema=target)
        problems = [
            f"{value!r}: {error.message}"
            for value in examples + ([target["default"]] if "default" in target else [])
            for error in fitting.iter_errors(value)
        ]
        check(f"{path}: it has examples that fit", examples and not problems, problems)
    check("there are keys", keys > 80, keys)


def main():
    binary = parser(__doc__).parse_args().bin / "mcpauth"
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    check = Checks()

    def note(path, problem):
        check(str(path.relative_to(ROOT)), problem is None, problem)

    check_examples(check, schema, validator)
    good = sorted((HERE / "good").glob("*.yaml"))
    bad = sorted((HERE / "bad").glob("*.yaml"))
    stems = {path.stem for path in bad}
    for code, (_, names) in BEYOND_SCHEMA.items():
        for name in names:
            if name not in stems:
                note(HERE / "check_schemas.py", f"BEYOND_SCHEMA names {name} under {code}, and there is no such file")
    for path in good:
        note(path, check_good(path, validator, binary))
    for path in bad:
        note(path, check_bad(path, validator, binary))
    for path in sorted((ROOT / "examples").rglob("*.y*ml")) if (ROOT / "examples").exists() else []:
        # The examples also have other files, for example workflows.
        if path.suffix in (".yaml", ".yml") and re.search(r"^servers:", path.read_text(), re.MULTILINE):
            note(path, check_good(path, validator, binary))
    check("there are good and bad inventories", good and bad)
    sys.exit(check.finish())


if __name__ == "__main__":
    main()
