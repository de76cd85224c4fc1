"""The files for consumers that cannot be installed here, read with a parser for their format and compared with what those consumers accept.

What each accepts is written here by hand, from its source or its documentation: an unknown key, a missing key, or a value of another type
is a failure. The sources are in the table of `Consumers.md`.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any, Callable

import hcl2
import yaml

from support import Checks, run

TEXT, WORDS, HEADERS = "text", "list of texts", "texts by name"


class Entry:
    """One server as a consumer accepts it: required and optional keys, each with its type or its possible values."""

    def __init__(self, required: dict[str, object], optional: dict[str, object] | None = None) -> None:
        self.required, self.optional = required, optional or {}

    def problems(self, value: object, place: str = "") -> list[str]:
        if not isinstance(value, dict):
            return [f"{place}: not a mapping"]
        known = self.required | self.optional
        found = [f"{place}.{key}: missing" for key in self.required if key not in value]
        found += [f"{place}.{key}: not a key of the consumer's" for key in value if key not in known]
        for key, wanted in known.items():
            if key in value:
                found += problems(value[key], wanted, f"{place}.{key}")
        return found


def problems(value: object, wanted: object, place: str) -> list[str]:
    match wanted:
        case Entry():
            return wanted.problems(value, place)
        case "text":
            good = isinstance(value, str) and value != ""
        case "list of texts":
            good = isinstance(value, list) and value != [] and all(isinstance(one, str) for one in value)
        case "texts by name":
            good = isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
        case "number":
            good = isinstance(value, int) and not isinstance(value, bool)
        case re.Pattern():
            good = isinstance(value, str) and wanted.fullmatch(value) is not None
        case tuple():
            good = any(value is one or (value == one and type(value) is type(one)) for one in wanted)
        case _:
            raise AssertionError(wanted)
    return [] if good else [f"{place}: {value!r} is no {wanted}"]


URL = re.compile(r"https?://[^\s/]+/?\S*")
PORT = "number"
YES, NO = (True,), (False,)

# target → the parser, the path to the servers by name, the rule for names, and the form of an entry.
TOOLS = re.compile(r"[A-Za-z0-9_-]+")
ENTRIES: dict[str, tuple[Callable[[str], Any], list[str], re.Pattern[str], Entry]] = {
    "vscode": (
        json.loads, ["servers"], re.compile(r".+"),
        Entry({"type": ("http", "sse"), "url": URL}, {"headers": HEADERS, "oauth": Entry({"clientId": TEXT})}),
    ),
    "mcp-json": (
        json.loads, ["mcpServers"], TOOLS,
        Entry({"type": ("http", "sse"), "url": URL}, {"headers": HEADERS, "oauth": Entry({"clientId": TEXT}, {"callbackPort": PORT, "scopes": TEXT})}),
    ),
    "copilot-cli": (
        json.loads, ["mcpServers"], TOOLS,
        Entry({"type": ("http", "sse"), "url": URL, "tools": WORDS}, {"headers": HEADERS, "oauthClientId": TEXT, "oauthPublicClient": YES + NO}),
    ),
    "cursor": (
        json.loads, ["mcpServers"], re.compile(r".+"),
        Entry({"url": URL}, {"headers": HEADERS, "auth": Entry({"CLIENT_ID": TEXT}, {"CLIENT_SECRET": TEXT, "scopes": WORDS})}),
    ),
    "gemini": (
        json.loads, ["mcpServers"], re.compile(r"[^_]+"),
        Entry(
            {"url": URL, "type": ("http", "sse")},
            {
                "headers": HEADERS, "includeTools": WORDS, "excludeTools": WORDS,
                "oauth": Entry(
                    {"enabled": YES, "clientId": TEXT},
                    {
                        "clientSecret": TEXT, "authorizationUrl": URL, "tokenUrl": URL, "scopes": WORDS, "issuer": TEXT,
                        "redirectUri": re.compile(r"http://(localhost|127\.0\.0\.1):\d+/oauth/callback"),
                    },
                ),
            },
        ),
    ),
    "opencode": (
        json.loads, ["mcp", "servers"], TOOLS,
        Entry(
            {"type": ("remote",), "url": URL},
            {
                "headers": HEADERS, "disabled": YES + NO,
                "oauth": Entry(
                    {"client_id": TEXT},
                    {"client_secret": TEXT, "scope": TEXT, "callback_port": PORT, "redirect_uri": URL, "auth_server_metadata_url": URL},
                ),
            },
        ),
    ),
    "codex": (
        tomllib.loads, ["mcp_servers"], TOOLS,
        Entry(
            {"url": URL},
            {
                "enabled": YES + NO, "scopes": WORDS, "oauth_resource": URL, "http_headers": HEADERS, "env_http_headers": HEADERS,
                "enabled_tools": WORDS, "disabled_tools": WORDS,
                "oauth": Entry({"client_id": TEXT}, {"client_secret": TEXT, "callback_url": URL, "callback_port": PORT}),
            },
        ),
    ),
    "goose": (
        yaml.safe_load, ["extensions"], re.compile(r"[a-z0-9_-]+"),
        Entry(
            {"enabled": YES, "type": ("streamable_http",), "name": TEXT, "description": TEXT, "uri": URL, "timeout": "number"},
            {
                "headers": HEADERS, "env_keys": WORDS, "available_tools": WORDS, "client_id": TEXT, "client_secret_key": TEXT, "scopes": WORDS,
            },
        ),
    ),
    "librechat": (
        yaml.safe_load, ["mcpServers"], re.compile(r".+"),
        Entry(
            {"type": ("streamable-http", "sse"), "url": URL},
            {
                "headers": HEADERS, "requiresOAuth": YES + NO, "title": re.compile(r"[a-zA-Z0-9 ]+"), "description": TEXT, "iconPath": TEXT,
                "oauth": Entry(
                    {"client_id": TEXT, "token_endpoint_auth_methods_supported": WORDS},
                    {
                        "authorization_url": URL, "token_url": URL, "client_secret": TEXT, "redirect_uri": URL, "scope": TEXT,
                        "grant_types_supported": WORDS, "token_exchange_method": ("default_post", "basic_auth_header"),
                        "revocation_endpoint": URL, "revocation_endpoint_auth_methods_supported": WORDS, "response_types_supported": WORDS,
                        "code_challenge_methods_supported": WORDS, "skip_code_challenge_check": YES + NO,
                    },
                ),
            },
        ),
    ),
}
RUN_CONFIG = Entry(
    {"schema_version": ("v0.1.0",), "name": TEXT, "remote_url": URL, "transport": ("streamable-http", "sse")},
    {
        "remote_auth_config": Entry(
            {"client_id": TEXT, "use_pkce": YES},
            {
                "client_secret": TEXT, "scopes": WORDS, "callback_port": PORT, "resource": URL, "issuer": TEXT, "authorize_url": URL, "token_url": URL,
                "timeout": "number",
            },
        ),
    },
)
# Every argument without a useful default in Terraform's provider is written; an empty string would be an error in a plan.
TERRAFORM = {"display_name", "slug", "url", "transport", "auth_type", "availability", "enabled"}

INVENTORY = {
    "version": 1,
    "client": {"name": "Shapes", "redirect_uris": ["http://127.0.0.1:7777/oauth/callback", "https://chat.example.com/api/mcp/{server}/oauth/callback"]},
    "secrets": {"store": "directory"},
    "servers": {
        "confidential": {
            "url": "https://confidential.example.com/mcp", "display_name": "Linear (EU)", "description": "Issues", "tool_allow_list": ["read", "list"],
            "oauth2": {
                "client_id": "client-1", "client_secret": {"env": "SHAPES_SECRET"}, "token_endpoint_auth_method": "client_secret_post",
                "authorization_endpoint": "https://confidential.example.com/authorize", "token_endpoint": "https://confidential.example.com/token",
                "revocation_endpoint": "https://confidential.example.com/revoke", "scopes": ["read", "write"],
            },
        },
        "public": {
            "url": "https://public.example.com/mcp", "tool_deny_list": ["delete"],
            "oauth2": {
                "client_id": "client-2", "authorization_endpoint": "https://public.example.com/authorize", "token_endpoint": "https://public.example.com/token",
            },
        },
        "dotted.name_with-all": {"url": "https://dotted.example.com/mcp", "auth": "none"},
        "key": {"url": "https://key.example.com/mcp", "auth": "api_key", "api_key": {"header": "X-Key", "value": {"env": "SHAPES_KEY"}}},
        "headers": {
            "url": "https://headers.example.com/mcp", "auth": "custom_headers",
            "custom_headers": {"X-Tenant": "acme", "Authorization": {"env": "SHAPES_HEADER"}},
        },
        "events": {"url": "https://events.example.com/sse", "transport": "sse", "auth": "none"},
    },
}
# They do not support this transport, so the server must not be in their file.
NO_EVENTS = {"codex", "goose", "opencode"}


def check_shapes(check: Checks, mcpauth: Path, folder: Path) -> None:
    """Exports of servers of every mode, with every way of handling secrets."""
    folder.mkdir()
    (folder / "servers.yaml").write_text(json.dumps(INVENTORY))
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "SHAPES_SECRET": "secret-value-1", "SHAPES_KEY": "key-value-1", "SHAPES_HEADER": "Bearer value-1"}
    applied = run([mcpauth, "apply", "--yes"], folder, environment)
    if applied.code != 0:
        raise RuntimeError(f"apply: {applied}")

    def export(target: str, secrets: str) -> str | None:
        exported = run([mcpauth, "export", "--to", target, "--secrets", secrets], folder, environment)
        return exported.out if check(f"{target} is written, secrets {secrets}", exported.code == 0, exported) else None

    for target, (parse, path, names, entry) in ENTRIES.items():
        for secrets in ("reference", "inline", "omit"):
            if (text := export(target, secrets)) is None:
                continue
            servers = parse(text)
            for key in path:
                servers = servers.get(key, {})
            found = [problem for name, value in servers.items() for problem in entry.problems(value, name)]
            found += [f"{name}: not a name of the consumer's" for name in servers if not names.fullmatch(name)]
            wanted = len(INVENTORY["servers"]) - (target in NO_EVENTS)
            check(f"{target} has all servers, secrets {secrets}", len(servers) == wanted, list(servers))
            check(f"{target} accepts the file, secrets {secrets}", servers and not found, "\n      ".join(found))
    for secrets in ("inline", "omit"):
        if (text := export("toolhive", secrets)) is not None:
            found = [problem for one in json.loads(text) for problem in RUN_CONFIG.problems(one, one.get("name", ""))]
            check(f"toolhive accepts the run configurations, secrets {secrets}", not found, "\n      ".join(found))
    if (text := export("coder-terraform", "reference")) is not None:
        check_terraform(check, text)


def check_terraform(check: Checks, text: str) -> None:
    read = hcl2.loads(text)
    resources = [attributes for block in read["resource"] for of_type in block.values() for attributes in of_type.values()]
    check("coder-terraform has all servers", len(resources) == len(INVENTORY["servers"]), len(resources))
    for attributes in resources:
        name = str(attributes.get("slug")).strip('"')
        missing = TERRAFORM - set(attributes)
        check(f"coder-terraform writes every argument of {name}", not missing, missing)
        empty = [key for key, value in attributes.items() if value in ("", '""', [], {})]
        check(f"coder-terraform writes no empty value for {name}", not empty, empty)
        if "oauth2_client_secret_wo" in attributes:
            version = attributes.get("oauth2_client_secret_wo_version")
            check(f"the version of the secret of {name} is a number of 64 bits", isinstance(version, int) and 0 < version < 1 << 63, version)
