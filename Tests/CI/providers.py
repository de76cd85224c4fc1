#!/usr/bin/env python3
"""Each section of the article Providers: its entry and its commands, against a fake that publishes the metadata of that provider.

    Tests/CI/providers.py [--bin .build/debug] [--only github] [--update]

The metadata is in providers.json, a provider each: `url` of the MCP server, `challenge` of its 401 (`open`: it answers every method
but the call of a tool), `documents` by their URL, what the registration endpoint answers without a token (`anonymous`) and with one
(`bearer`), what happens with the URL only (`by default`), and how the client of the article's entry comes about (`registration`).
`--update` writes what mcpauth prints now into the article; read the difference. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from repository import Repository, arguments, run
from shell import CATALOGUE, LANGUAGES, Shell, Updates, blocks, play
from support import Checks, run_cases
from web import Answer, Web, json_answer

ARTICLE = CATALOGUE / "Providers.md"
PROVIDERS = json.loads((Path(__file__).parent / "providers.json").read_text())


class Fake:
    """The hosts of a provider, as far as its documents name them."""

    def __init__(self, provider: dict) -> None:
        self.provider = provider
        self.registrations = 0
        registers = [document["registration_endpoint"] for document in provider["documents"].values() if "registration_endpoint" in document]
        self.endpoint = registers[0] if registers else None
        urls = [provider["url"], *provider["documents"], *registers]
        self.hosts = {host: self.answers(host) for host in {urlsplit(url).netloc for url in urls}}

    def answers(self, host: str):
        def answer(method: str, path: str, fields: dict[str, str], body: bytes) -> Answer:
            url = f"https://{host}{path}"
            if url.rstrip("/") == self.provider["url"].rstrip("/"):
                return self.server(method, body)
            if method == "GET" and url in self.provider["documents"]:
                return json_answer(200, self.provider["documents"][url])
            if method == "POST" and url == self.endpoint:
                return self.register(json.loads(body), "Authorization" in fields)
            return json_answer(404, {"error": "not_found"})

        return answer

    def server(self, method: str, body: bytes) -> Answer:
        """The MCP server, without a token."""
        if not self.provider.get("open"):
            return json_answer(401, {"error": "unauthorized"}, **{"WWW-Authenticate": self.provider["challenge"]})
        if method != "POST":
            return json_answer(405, {})
        return json_answer(200, {"jsonrpc": "2.0", "id": json.loads(body).get("id"), "result": {}})

    def register(self, asked: dict, has_token: bool) -> Answer:
        answer = self.provider["register"]["bearer" if has_token else "anonymous"]
        if answer != 201:
            return json_answer(*answer)
        self.registrations += 1
        client = asked | {"client_id": f"registered-{self.registrations}"}
        if asked["token_endpoint_auth_method"] != "none":
            client |= {"client_secret": f"secret-of-the-provider-{self.registrations}", "client_secret_expires_at": 0}
        if self.provider["register"].get("managed"):
            client |= {"registration_client_uri": f"{self.endpoint}/{client['client_id']}", "registration_access_token": "token-of-the-provider"}
        return json_answer(201, client)


def provider(check: Checks, name: str, options, updates: Updates | None) -> None:
    fake = Fake(PROVIDERS[name])
    wanted = PROVIDERS[name]
    found = [block for block in blocks(ARTICLE) if block.heading == name]
    head = next(block for block in blocks(ARTICLE) if block.language == "yaml").text
    check(f"{name}: it has an entry", any(block.language == "yaml" for block in found))
    entries = [block.text for block in found if block.language == "yaml"]
    key = re.match(r"  (\w+):", entries[0])[1]
    with Repository(options.bin) as repo, Web(repo.folder, fake.hosts) as web:
        place = repo.folder / "work"
        place.mkdir()
        secrets = {variable: f"value-of-{variable}" for entry in entries for variable in re.findall(r"\{env: (\w+)\}", entry)}
        shell = Shell(place, repo.env | {"PATH": repo.path_with_mcpauth(), "COLUMNS": "100"} | web.env | secrets)
        inventory = place / "servers.yaml"
        inventory.write_text(head + f"  {key}:\n    url: {wanted['url']}\n")
        # A refusal of the registration endpoint is known only when it is asked: by apply.
        done = run(["mcpauth", "apply", "--yes"], place, shell.env)
        if wanted["by default"] == "registers":
            check(f"{name}: the URL is enough", done.code == 0 and fake.registrations == 1, done)
        else:
            check(f"{name}: with the URL only, {wanted['by default']}", done.code == 1 and f"error[{wanted['by default']}]" in done.out + done.err, done)
        for file in place.rglob("*"):
            if file.is_file() and file != inventory:
                file.unlink()
        fake.registrations = 0
        for block in found:
            if block.language == "yaml":
                inventory.write_text(head + block.text)
            elif block.language in LANGUAGES:
                play(check, shell, block, updates)
        web.requests.clear()
        done = run(["mcpauth", "apply", "--yes"], place, shell.env)
        check(f"{name}: the entry can be applied", done.code == 0, done)
        entry = json.loads((place / "servers.lock.json").read_text())["servers"][key] if done.code == 0 else {}
        check(f"{name}: its client is {wanted['registration']}", entry.get("registration") == wanted["registration"], entry)
        check(f"{name}: it was registered {int(wanted['registration'] == 'dcr')} times", fake.registrations == int(wanted["registration"] == "dcr"), fake.registrations)
        if wanted["registration"] == "manual":
            check(f"{name}: apply of the entry sends no request", web.requests == [], web.requests)


def main() -> int:
    made = arguments(__doc__, update=True)
    updates = Updates() if made.update else None

    def table(check: Checks) -> None:
        """The table and the sections of the article are the providers of providers.json."""
        text = ARTICLE.read_text()
        headings = re.findall(r"^## (.+)$", text, re.M)
        lost = [block.name for block in blocks(ARTICLE) if block.language in LANGUAGES and block.heading not in PROVIDERS]
        check("no shell block is outside of these sections", not lost, lost)
        check("a section for each provider", [heading for heading in headings if heading in PROVIDERS] == list(PROVIDERS), headings)
        rows = {row[0]: row for row in re.findall(r"^\| <doc:Providers#(\w+)> \| (\S+) \| (.+) \| (.+) \|$", text, re.M)}
        check("a row for each provider", list(rows) == list(PROVIDERS), list(rows))
        for name, wanted in PROVIDERS.items():
            check(f"{name}: its row names the URL", name in rows and f"`{wanted['url']}`" == rows[name][1], rows.get(name))
            by_default = "a client is registered" if wanted["by default"] == "registers" else f"`{wanted['by default']}`"
            check(f"{name}: its row says what happens by default", name in rows and rows[name][2] == by_default, rows.get(name))
            section = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
            check(f"{name}: its section names a source", section is not None and re.search(r"^Source", section[1], re.M), name)

    def case(name: str):
        def acted(check: Checks) -> None:
            provider(check, name, made, updates)

        acted.__name__ = name.lower()
        return acted

    code = run_cases(Checks(), [table, *map(case, PROVIDERS)], only=[name.lower() for name in made.only] if made.only else None)
    if updates:
        updates.write()
    return code


if __name__ == "__main__":
    sys.exit(main())
