"""Reads every export of mcpauth with a parser for the format of its consumer.

Makes an inventory with every mode, its lock and its secrets, with values that are hard to quote. Exports it to each target with each way
of handling secrets, and compares what the parser reads with the original values. Then the same with --merge into files with other
content, which must be unchanged. `terraform fmt -check` runs if terraform is installed; python-hcl2 always runs.

    python Tests/Exports/check_exports.py [--bin .build/debug]      with the packages of requirements.txt
"""

import base64
import io
import json
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tomllib

import dotenv
import hcl2
import kubernetes_validate
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import Checks, environment, parser, scratch

# Values that a parser could read as another type, or end too early.
NASTY = [
    "true", "no", "007", "6.02e23", "null", "~", "2026-11-25", "0x1F", "12:30:45", "-", "=", "a: b", "a #b", "#a", "&a", "*a", "!a",
    "{a}", "[a]", "'a'", '"a"', "a'b\"c", "${HOME}", "$HOME", "$$", "$${a}", "%{if}", "%%{a}", "a\\nb", "\\", "a\\\\b", "`id`",
    "$(id)", " a ", "ä€😀", "a\u2028b", "://", "@x", "%20", "{{a}}", "a,b", "|", ">", "?", "- a", "a:", "x" * 4000,
    "os.environ/A", "{file:/etc/passwd}", "{env:A}", "a,target=oauth_secret", "${input:a}", "a$", "{a:b}",
]
# Text that a consumer replaces within a value. A server with such text is left out of the export.
REPLACED = {
    "librechat": r"\$\{|\{\{", "claude-code": r"\$\{", "vscode": r"\$\{", "cursor": r"\$\{", "gemini": r"\$[A-Za-z0-9_{]",
    "goose": r"\$[A-Za-z0-9_{]", "opencode": r"\{(env|file):", "litellm": r"os\.environ/", "toolhive": r",target=", "dotenv": r"\$\{",
    "copilot-cli": r"\$[A-Za-z0-9_{]", "mcp-json": r"\$[A-Za-z0-9_{]",
}
TARGETS = [
    "coder", "coder-terraform", "librechat", "claude-code", "vscode", "cursor", "gemini", "codex", "opencode", "goose", "litellm",
    "toolhive", "kubernetes", "dotenv", "json", "copilot-cli", "mcp-json",
]
NO_REFERENCES = {"coder", "toolhive", "kubernetes", "dotenv"}
SECTIONS = {
    "librechat": "mcpServers", "claude-code": "mcpServers", "vscode": "servers", "cursor": "mcpServers", "gemini": "mcpServers",
    "codex": "mcp_servers", "opencode": "mcp.servers", "goose": "extensions", "litellm": "mcp_servers", "copilot-cli": "mcpServers",
    "mcp-json": "mcpServers",
}
# A character that a target does not accept in a server name, and its replacement.
NAMES = {"litellm": ("-", "_"), "gemini": ("_", "-")}
NO_EVENTS = {"goose", "codex", "opencode"}

check = Checks()


def strip_json(text):
    """JSON without its comments and trailing commas."""
    out, at, in_string = [], 0, False
    while at < len(text):
        char = text[at]
        if in_string:
            out.append(char)
            if char == "\\":
                at += 1
                out.append(text[at])
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
            out.append(char)
        elif text.startswith("//", at):
            at = text.find("\n", at)
            if at < 0:
                break
            continue
        elif text.startswith("/*", at):
            at = text.index("*/", at) + 2
            continue
        elif char in "}]":
            while out and out[-1].isspace():
                out.pop()
            if out and out[-1] == ",":
                out.pop()
            out.append(char)
        else:
            out.append(char)
        at += 1
    return "".join(out)


class World:
    """A folder with an inventory, its lock and its secret records."""

    def __init__(self, folder, binary):
        self.folder = folder
        self.binary = binary
        self.environment = environment(HOME=str(folder))
        self.secrets = {}  # server → client secret
        self.keys = {}  # server → header value
        self.inventory = {"version": 1, "client": {"name": "Acme", "redirect_uris": ["http://localhost:3118/callback"]}, "servers": {}}
        self.lock = {"lineage": "lineage-1", "version": 1, "servers": {}, "orphans": []}

    def entry(self, name, mode, **members):
        url = f"https://{name}.example/mcp"
        blank = dict.fromkeys(
            [
                "registration", "resource", "issuer", "authorization_server", "discovered_by", "authorization_endpoint",
                "token_endpoint", "registration_endpoint", "revocation_endpoint",
                "authorization_response_iss_parameter_supported", "client_id", "token_endpoint_auth_method", "grant_types",
                "application_type", "redirect_uris", "scopes", "scopes_from", "client_secret_expires_at", "registered_at",
                "secret_version",
            ]
        )
        blank |= {"mode": mode, "url": url, "managed": False, "generation": 0, "protect": False, "inputs": {}}
        self.lock["servers"][name] = blank | members
        self.inventory["servers"][name] = {"url": url}
        return self.lock["servers"][name]

    def client(self, name, secret=None, **members):
        issuer = f"https://as.{name}.example"
        version = f"{len(self.secrets):032x}" if secret is not None else None
        entry = self.entry(
            name, "discovered", registration="dcr", resource=f"https://{name}.example/mcp", issuer=issuer,
            authorization_server=issuer, discovered_by="challenge", authorization_endpoint=issuer + "/authorize",
            token_endpoint=issuer + "/token", registration_endpoint=issuer + "/register", client_id="id of " + name,
            token_endpoint_auth_method="client_secret_post" if secret is not None else "none", application_type="native",
            grant_types=["authorization_code", "refresh_token"], redirect_uris=["http://localhost:3118/callback"],
            scopes=["read", "all:things"], scopes_from="challenge", registered_at="2026-11-23T10:00:00Z", secret_version=version,
        )
        entry |= members
        if secret is None:
            return
        self.secrets[name] = secret
        record = {
            "format": 1, "version": version, "server": name, "lineage": "lineage-1", "issuer": issuer, "client_id": entry["client_id"],
            "entry": entry, "client_secret": secret,
        }
        folder = self.folder / ".mcpauth" / "servers" / "secrets"
        folder.mkdir(parents=True, exist_ok=True)
        for part in [folder, folder.parent, folder.parent.parent]:
            part.chmod(0o700)
        path = folder / f"{name}.{version}.json"
        path.write_text(json.dumps(record), encoding="utf-8")
        path.chmod(0o600)

    def key(self, name, value):
        self.entry(name, "api_key")
        self.keys[name] = value
        variable = "KEY_" + name.upper().replace("-", "_")
        self.environment[variable] = value
        self.inventory["servers"][name] |= {"auth": "api_key", "api_key": {"header": "X-API-Key", "value": {"env": variable}}}

    def write(self):
        # JSON is YAML.
        (self.folder / "servers.yaml").write_text(json.dumps(self.inventory), encoding="utf-8")
        (self.folder / "servers.lock.json").write_text(json.dumps(self.lock), encoding="utf-8")

    def run(self, *arguments, **more):
        return subprocess.run(
            [self.binary, "export", *arguments], cwd=self.folder, env=self.environment | more, capture_output=True, timeout=300,
            stdin=subprocess.DEVNULL,
        )

    def export(self, target, *arguments):
        if target == "dotenv":
            arguments += tuple(f"--only={name}" for name in self.lock["servers"] if name != "next-line")
        result = self.run("--to", target, *arguments)
        left_out = self.left_out(target) if "inline" in arguments else set()
        if result.returncode != (1 if left_out else 0):
            raise AssertionError(f"exit {result.returncode}: {result.stderr.decode()[-600:]}")
        told = set(re.findall(r"error\[export-unsafe\]: '([^']+)' is left out", result.stderr.decode()))
        if told != left_out:
            raise AssertionError(f"left out {sorted(told)}, not {sorted(left_out)}")
        return result.stdout.decode("utf-8")

    def left_out(self, target):
        """The servers whose exported values contain text that the target would replace."""
        if target not in REPLACED:
            return set()
        _, secret_place, header_place = PLACES.get(target, (None, "all", "all"))
        values = (self.secrets.items() if secret_place else []), (self.keys.items() if header_place else [])
        found = {name for part in values for name, value in part if re.search(REPLACED[target], value)}
        return found - {"next-line"}


def name_of(server, what="CLIENT_SECRET"):
    return "MCPAUTH_" + server.upper().replace("-", "_").replace(".", "_") + "_" + what


def key_name(server):
    """A variable that the inventory names keeps its name."""
    return "KEY_" + server.upper().replace("-", "_")


def called(target, server):
    return server.replace(*NAMES[target]) if target in NAMES else server


def section_of(target, data):
    for name in SECTIONS[target].split("."):
        data = data[name]
    return data


def unquote(text):
    """Decodes an HCL string, which python-hcl2 returns with its quotes and escapes."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    out, at = [], 0
    simple = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
    while at < len(text):
        if text[at] == "\\" and text[at + 1] in simple:
            out.append(simple[text[at + 1]])
            at += 2
        elif text[at] == "\\" and text[at + 1] == "u":
            out.append(chr(int(text[at + 2 : at + 6], 16)))
            at += 6
        elif text[at : at + 3] in ("$${", "%%{"):
            out.append(text[at + 1 : at + 3])
            at += 3
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


def read(target, text):
    """The servers by name, read with the parser of the target."""
    if target in ("librechat", "goose", "litellm"):
        return section_of(target, yaml.safe_load(text))
    if target == "codex":
        return tomllib.loads(text)["mcp_servers"]
    if target == "kubernetes":
        return {d["metadata"]["name"].removeprefix("mcpauth-"): d["stringData"] for d in yaml.safe_load_all(text)}
    if target == "dotenv":
        return dotenv.dotenv_values(stream=io.StringIO(text))
    if target == "coder-terraform":
        found = {}
        for block in hcl2.loads(text).get("resource", []):
            for kind in block.values():
                for label, body in kind.items():
                    found[unquote(label)] = body
        return found
    data = json.loads(strip_json(text))
    if target == "coder":
        return {body["slug"]: body for body in data}
    if target == "toolhive":
        return {body["name"]: body for body in data}
    if target == "json":
        return {body["name"]: body for body in data["servers"]}
    return section_of(target, data)


# The places of the client id, the client secret and a header in each target; None: the target has none.
PLACES = {
    "coder": ("oauth2_client_id", "oauth2_client_secret", "api_key_value"),
    "coder-terraform": ("oauth2_client_id", "oauth2_client_secret_wo", "api_key_value_wo"),
    "librechat": ("oauth.client_id", "oauth.client_secret", "headers.X-API-Key"),
    "claude-code": ("oauth.clientId", None, "headers.X-API-Key"),
    "vscode": ("oauth.clientId", None, "headers.X-API-Key"),
    "cursor": ("auth.CLIENT_ID", "auth.CLIENT_SECRET", "headers.X-API-Key"),
    "gemini": ("oauth.clientId", "oauth.clientSecret", "headers.X-API-Key"),
    "codex": ("oauth.client_id", "oauth.client_secret", "http_headers.X-API-Key"),
    "opencode": ("oauth.client_id", "oauth.client_secret", "headers.X-API-Key"),
    "copilot-cli": ("oauthClientId", None, "headers.X-API-Key"),
    "mcp-json": ("oauth.clientId", None, "headers.X-API-Key"),
    "goose": ("client_id", None, "headers.X-API-Key"),
    "litellm": ("client_id", "client_secret", "static_headers.X-API-Key"),
    "toolhive": ("remote_auth_config.client_id", "remote_auth_config.client_secret", None),
    "kubernetes": ("client-id", "client-secret", "api-key"),
    "json": ("oauth2.client_id", "oauth2.client_secret", "headers.X-API-Key"),
}

REFERENCES = {
    "coder-terraform": "${{var.{}}}", "librechat": "${{{}}}", "cursor": "${{env:{}}}", "gemini": "${{{}}}", "opencode": "{{env:{}}}",
    "litellm": "os.environ/{}", "claude-code": "${{{}}}", "vscode": "${{env:{}}}", "goose": "${{{}}}",
    "copilot-cli": "${{{}}}", "mcp-json": "${{{}}}",
}


def at(body, place):
    for part in place.split("."):
        if not isinstance(body, dict) or part not in body:
            return None
        body = body[part]
    return body


def value(target, found):
    return unquote(found) if target == "coder-terraform" and isinstance(found, str) else found


def check_values(world, target):
    text = world.export(target, "--secrets", "inline")
    found = read(target, text)
    out = world.left_out(target)
    if target == "dotenv":
        wrong = {
            name: (secret, found.get(name_of(name)))
            for name, secret in world.secrets.items()
            if name not in {"next-line", *out} and found.get(name_of(name)) != secret
        }
        check("dotenv: python-dotenv reads every value", not wrong, str(list(wrong.items())[:3]))
        wrong = [n for n, v in world.keys.items() if n not in out and found.get(key_name(n)) != v]
        check("dotenv: python-dotenv reads every API key", not wrong, str(wrong[:3]))
        return
    id_place, secret_place, header_place = PLACES[target]
    skipped = {"sse-server"} if target in NO_EVENTS else set()
    names = set(world.lock["servers"]) - skipped - out
    expected = {called(target, name) for name in names}
    check(f"{target}: every server is in it", set(found) == expected, str(expected ^ set(found)))
    found = {name: found[called(target, name)] for name in names if called(target, name) in found}
    wrong = [n for n, e in world.lock["servers"].items() if n in found and e["client_id"] and value(target, at(found[n], id_place)) != e["client_id"]]
    check(f"{target}: every client id", not wrong, str(wrong[:3]))
    if secret_place:
        wrong = [(n, s, at(found[n], secret_place)) for n, s in world.secrets.items() if n in found and value(target, at(found[n], secret_place)) != s]
        check(f"{target}: every secret is read unchanged", not wrong, str(wrong[:3]))
    else:
        check(f"{target}: no client secret is in it", world.secrets["s1"] not in text)
    if header_place:
        wrong = [(n, v, at(found[n], header_place)) for n, v in world.keys.items() if n in found and value(target, at(found[n], header_place)) != v]
        check(f"{target}: every API key is read unchanged", not wrong, str(wrong[:3]))


def check_references(world, target):
    text = world.export(target)
    found = read(target, text)
    values = [s for s in [*world.secrets.values(), *world.keys.values()] if len(s) > 8]
    check(f"{target}: no value without --secrets inline", not any(v in text for v in values))
    if target == "dotenv":
        check("dotenv: nothing is set", found == {})
        return
    _, secret_place, header_place = PLACES[target]
    for server, what, place in [("s1", "CLIENT_SECRET", secret_place), ("k1", "API_KEY", header_place)]:
        if not place:
            continue
        name = name_of(server, what) if what == "CLIENT_SECRET" else key_name(server)
        if target in NO_REFERENCES:
            expected = None
        elif target == "json":
            expected = {"env": name}
        elif target == "codex" and what == "CLIENT_SECRET":
            expected = None
        elif target == "codex":
            place, expected = "env_http_headers.X-API-Key", name
        else:
            expected = REFERENCES[target].format(name)
        check(f"{target}: the reference of {server}", at(found[server], place) == expected, repr(at(found[server], place)))
    if target == "goose":
        check("goose: the secret's name", found["s1"]["client_secret_key"] == name_of("s1"))


EXISTING = {
    "json": '// mine\n{\n\t"a": [1, 2.50, "x"], // one\n\t"SECTION": {\n\t\t"other": {"command": "npx", "args": []},\n\t},\n\t"z": null\n}\n',
    "yaml": "# mine\na: [1, 2.50, 'x'] # one\nanchor: &x {b: 1}\nSECTION:\n  other: # two\n    command: npx\n    <<: *x\n\nz: |\n  text\n",
    "toml": "# mine\na = [1, 2.50, 'x'] # one\n\n[SECTION.other] # two\ncommand = \"npx\"\n\n[z]\nwhen = 2026-11-25\n",
}


def check_merge(world, target):
    form = "toml" if target == "codex" else "yaml" if target in ("librechat", "goose", "litellm") else "json"
    parse = {"json": lambda t: json.loads(strip_json(t)), "yaml": yaml.safe_load, "toml": tomllib.loads}[form]
    section = SECTIONS[target]
    before = EXISTING[form].replace("SECTION", section)
    if target == "opencode":
        before = EXISTING[form].replace('"SECTION": {', '"mcp": {"servers": {').replace("\t},\n", "\t}},\n")
    path = world.folder / "existing"
    path.write_text(before, encoding="utf-8")
    path.chmod(0o640)
    world.export(target, "--merge", "existing")
    after = path.read_text(encoding="utf-8")
    check(f"{target} --merge: keeps the mode of a file without secret values", stat.S_IMODE(path.stat().st_mode) == 0o640)
    old, new = parse(before), parse(after)
    ours = dict(section_of(target, new))
    others = {"other": ours.pop("other")}
    if target == "opencode":
        theirs = new | {"mcp": {"servers": others}}
    else:
        theirs = new | {section: others}
    check(f"{target} --merge: the other content has the same values", theirs == old, str(theirs)[:300])
    lines = after.split("\n")
    missing = [line for line in before.split("\n") if line not in lines]
    check(f"{target} --merge: no existing line is changed", not missing, str(missing[:3]))
    check(f"{target} --merge: the merged servers are equal to an export", ours == read(target, world.export(target)))
    world.export(target, "--merge", "existing")
    check(f"{target} --merge: a second merge changes nothing", path.read_text(encoding="utf-8") == after)
    world.export(target, "--merge", "existing", "--secrets", "inline")
    inline = read(target, world.export(target, "--secrets", "inline"))
    # In codex, a header with a value has another key than one with a reference, so the old key stays.
    if target != "codex":
        merged = section_of(target, parse(path.read_text(encoding="utf-8")))
        merged.pop("other")
        # A server that an export with secret values leaves out keeps its entry with the reference.
        for name in world.left_out(target):
            merged.pop(name)
        if target == "goose":
            for body in merged.values():
                body.pop("env_keys", None)
        check(f"{target} --merge: references become values", merged == inline)
    check(f"{target} --merge: with secret values, only its owner can read the file", stat.S_IMODE(path.stat().st_mode) == 0o600)
    path.unlink()


# The key for the only tools to offer.
TOOLS = {"gemini": "includeTools", "codex": "enabled_tools", "goose": "available_tools", "litellm": "allowed_tools", "copilot-cli": "tools"}


def check_tools(world):
    """A tool list that a user wrote stays, because the inventory has none."""
    for target, key in TOOLS.items():
        text = world.export(target, "--only", "docs")
        if target == "codex":
            text += f'{key} = ["one"]\n'
        elif target in ("goose", "litellm"):
            text += f"    {key}: [one]\n"
        else:
            data = json.loads(text)
            section_of(target, data)["docs"][key] = ["one"]
            text = json.dumps(data)
        path = world.folder / "existing"
        path.write_text(text, encoding="utf-8")
        world.export(target, "--merge", "existing", "--only", "docs")
        check(f"{target} --merge: a tool list stays if the inventory has none", path.read_text(encoding="utf-8") == text)
        path.unlink()


def check_kubernetes(world):
    documents = list(yaml.safe_load_all(world.export("kubernetes", "--secrets", "inline")))
    problems = []
    for document in documents:
        try:
            kubernetes_validate.validate(document, "1.30", strict=True)
        except Exception as error:  # every exception is a refusal
            problems.append(f"{document['metadata']['name']}: {error}")
    check("kubernetes: every Secret is valid", not problems, "; ".join(problems[:3]))
    check("kubernetes: every value can be encoded in base64", all(base64.b64encode(v.encode()) for d in documents for v in d["stringData"].values()))


def check_terraform(world):
    texts = [world.export("coder-terraform"), world.export("coder-terraform", "--secrets", "inline")]
    terraform = shutil.which("terraform")
    if not terraform:
        print("skip terraform fmt -check: terraform is not installed")
        return
    for index, text in enumerate(texts):
        path = world.folder / f"{index}.tf"
        path.write_text(text, encoding="utf-8")
        result = subprocess.run([terraform, "fmt", "-check", "-diff", path.name], cwd=world.folder, capture_output=True, timeout=120)
        check(f"terraform fmt changes nothing ({'inline' if index else 'reference'})", result.returncode == 0, result.stdout.decode()[:400])
        path.unlink()


def check_files(world):
    out = world.folder / "out.env"
    out.write_text("old")
    out.chmod(0o644)
    world.export("dotenv", "--secrets", "inline", "--output", "out.env")
    check("--output: mode 0600, also for an existing file", stat.S_IMODE(out.stat().st_mode) == 0o600)
    (world.folder / "victim").write_text("mine")
    (world.folder / "link").symlink_to("victim")
    for flag in ("--output", "--merge"):
        result = world.run("--to", "dotenv", "--secrets", "inline", "--only", "s1", flag, "link")
        kept = (world.folder / "victim").read_text() == "mine" and (world.folder / "link").is_symlink()
        check(f"{flag}: a symbolic link is not followed", result.returncode == 1 and b"[output-failed]" in result.stderr and kept, result.stderr.decode()[-300:])
    check("no temporary file is left", not [p for p in world.folder.iterdir() if "mcpauth-tmp" in p.name])


def check_github(world):
    result = world.run("--to", "dotenv", "--secrets", "inline", "--only", "s1", GITHUB_ACTIONS="true")
    masks = [line for line in result.stderr.decode().splitlines() if line.startswith("::add-mask::")]
    secret = world.secrets["s1"]
    check("GitHub Actions: the value is masked", f"::add-mask::{secret}" in masks, str(masks))
    quiet = world.run("--to", "dotenv", "--secrets", "inline", "--only", "s1")
    check("without GITHUB_ACTIONS, no mask and no value on standard error", b"::add-mask::" not in quiet.stderr and secret.encode() not in quiet.stderr)
    reference = world.run("--to", "librechat", GITHUB_ACTIONS="true")
    check("no mask if no value is written", b"::add-mask::" not in reference.stderr)


def check_refusals(world):
    cases = [
        (["--to", "coder", "--secrets", "reference"], 64, "has no references"),
        (["--to", "kubernetes", "--merge", "x"], 64, "has only the export in it"),
        (["--to", "json", "--output", "a", "--merge", "b"], 64, "contradict"),
        (["--to", "json", "--only", "s9999"], 64, "there is no server 's9999'"),
        (["--to", "nowhere"], 64, "nowhere"),
        (["--to", "dotenv", "--secrets", "inline"], 1, "[invalid-value]"),
    ]
    for arguments, code, words in cases:
        result = world.run(*arguments)
        check(f"refused: {' '.join(arguments)}", result.returncode == code and words in result.stderr.decode(), f"{result.returncode} {result.stderr.decode()[-300:]}")
    record = next((world.folder / ".mcpauth" / "servers" / "secrets").glob("s1.*"))
    kept = record.read_text()
    record.write_text(kept.replace("lineage-1", "lineage-2"))
    result = world.run("--to", "json", "--secrets", "inline")
    check("a record that does not match the lock: secret-mismatch, and no output", result.returncode == 1 and b"secret-mismatch" in result.stderr and not result.stdout)
    record.unlink()
    result = world.run("--to", "json", "--secrets", "inline")
    check("no record: secret-missing, and no output", result.returncode == 1 and b"secret-missing" in result.stderr and not result.stdout)
    result = world.run("--to", "json")
    check("a reference needs no record", result.returncode == 0, result.stderr.decode()[-300:])
    record.write_text(kept)
    record.chmod(0o600)
    lock = world.folder / "servers.lock.json"
    kept = lock.read_text()
    lock.write_text(json.dumps(world.lock | {"servers": {"s1": world.lock["servers"]["s1"]}}))
    result = world.run("--to", "json")
    check("a server that is not in the lock is left out", result.returncode == 0 and result.stderr.count(b"[not-applied]") == len(world.lock["servers"]) - 1)
    result = world.run("--to", "json", "--only", "k1", "--output", "none.json")
    check("no server is left: exit 1, and no file", result.returncode == 1 and not (world.folder / "none.json").exists())
    lock.unlink()
    result = world.run("--to", "json")
    check("no lock: lock-missing", result.returncode == 1 and b"[lock-missing]" in result.stderr)
    lock.write_text(kept)


def check_golden():
    """The golden files of the unit tests can be read with the parsers, too."""
    problems = []
    for path in sorted((pathlib.Path(__file__).parent / "golden").iterdir()):
        target = path.name.split(".")[0]
        if path.name.endswith(".warnings.txt"):
            continue
        try:
            read(target, path.read_text(encoding="utf-8"))
        except Exception as error:  # every exception is a refusal
            problems.append(f"{path.name}: {error}")
    check("golden files are read", not problems, "; ".join(problems[:3]))


def main():
    binaries = parser(__doc__).parse_args().bin
    with scratch("exports") as folder:
        world = World(folder, binaries / "mcpauth")
        world.client("public")
        for index, text in enumerate(["s3cr3t-of-the-first", "a-b_c.d~e", *NASTY]):
            world.client(f"s{index + 1}", text)
        for index, text in enumerate(["k3y-of-the-first", *NASTY]):
            # All of these values are possible in an environment variable and in a header.
            world.key(f"k{index + 1}", text)
        world.entry("docs", "none")
        world.inventory["servers"]["docs"]["auth"] = "none"
        world.entry("sse-server", "none")
        world.inventory["servers"]["sse-server"] |= {"auth": "none", "transport": "sse"}
        # Some parsers read this as a line end, so no dotenv file can contain it.
        world.client("next-line", "a\u0085b")
        world.write()
        for target in TARGETS:
            for test in [check_values, check_references] + ([check_merge] if target in SECTIONS else []):
                try:
                    test(world, target)
                except Exception as error:  # a file that its parser refuses is a failure, and the other tests run
                    check(f"{target}: {test.__name__}", False, f"{type(error).__name__}: {error}"[:600])
        for test in [check_tools, check_kubernetes, check_terraform, check_files, check_github, check_refusals]:
            try:
                test(world)
            except Exception as error:
                check(test.__name__, False, f"{type(error).__name__}: {error}"[:600])
        check_golden()
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())
