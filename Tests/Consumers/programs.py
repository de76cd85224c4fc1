"""The programs that sign in, run as a person would run them, each with its own home folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from terminal import Login, sign_in
from support import run
from world import Outside, World, secret_name


def packaged(venv: Path, path: str) -> Path:
    """A file from a package of the venv."""
    return next(venv.glob(f"lib/python3*/site-packages/{path}"))


class Codex:
    """Reads `~/.codex/config.toml`, and stores its tokens in a file next to it."""

    target = "codex"
    # The values themselves, because it has no reference for a client secret.
    secrets = "inline"

    def __init__(self, venv: Path, outside: Outside) -> None:
        self.program = packaged(venv, "codex_cli_bin/bin/codex")
        self.outside = outside

    def sign_in(self, world: World, name: str, exported: str, home: Path) -> tuple[Login, str]:
        settings = home / ".codex"
        settings.mkdir(parents=True)
        (settings / "config.toml").write_text(
            'mcp_oauth_credentials_store = "file"\ncheck_for_update_on_startup = false\n\n'
            "[analytics]\nenabled = false\n\n" + exported
        )
        environment = self.outside.environment(home) | {"CODEX_HOME": str(settings)}
        login = sign_in([self.program, "mcp", "login", name], home, environment)
        listed = run([self.program, "mcp", "list", "--json"], home, environment)
        return login, next((str(one.get("auth_status")) for one in read(listed.out) if one["name"] == name), str(listed))

    @staticmethod
    def is_signed_in(login: Login, status: str) -> bool:
        return login.code == 0 and "Successfully logged in" in login.text and status == "o_auth"


class ClaudeCode:
    """Reads `.mcp.json`; an entry is added with `claude mcp add-json`, which also stores the client secret."""

    target = "claude-code"
    secrets = None

    def __init__(self, venv: Path, outside: Outside) -> None:
        self.program = packaged(venv, "claude_agent_sdk/_bundled/claude")
        self.outside = outside

    def sign_in(self, world: World, name: str, exported: str, home: Path) -> tuple[Login, str]:
        home.mkdir(parents=True)
        environment = self.outside.environment(home) | {
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_TELEMETRY": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "DISABLE_AUTOUPDATER": "1",
        }
        entry = json.loads(exported)["mcpServers"][name]
        secret = world.secrets().get(secret_name(name))
        words = [self.program, "mcp", "add-json", "--scope", "user", *(["--client-secret"] if secret else []), name, json.dumps(entry)]
        added = run(words, home, environment | ({"MCP_CLIENT_SECRET": secret} if secret else {}))
        if added.code != 0:
            return Login(code=added.code, text=f"add-json: {added}"), ""
        login = sign_in([self.program, "mcp", "login", name, "--no-browser"], home, environment)
        got = run([self.program, "mcp", "get", name], home, environment)
        return login, next((line.strip() for line in got.out.splitlines() if "Status:" in line), str(got))

    @staticmethod
    def is_signed_in(login: Login, status: str) -> bool:
        return login.code == 0 and "Authenticated with" in login.text and "Connected" in status


def read(text: str) -> list[dict[str, Any]]:
    try:
        return list(json.loads(text))
    except ValueError:
        return []
