#!/usr/bin/env python3
"""Puts a secret into every field, and searches all output, files, command lines and environments for them.

    Tests/CI/planted_secrets.py [--bin .build/debug] [--only directory|age|helper|exec_program|mistakes]

Each secret is in the store, or in an export that was asked for, and nowhere else: not in the output of any command in
any format with --verbose, not in the lock file, the journal, a saved plan or a temporary file, not in a command line or
in the environment of a child process, also after SIGABRT and SIGKILL. The servers send back what they receive, in every
encoding, and also cut. The URL of a client at its server (registration_client_uri) may be shown where a request is logged.
Ends with `N passed, N failed`.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import resource
import secrets as randomness
import signal
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from pathlib import Path

from repository import Outcome, Repository, arguments, clean_environment
from support import Checks, Sandbox, run_cases, wait_until


# Around letters and digits, which only base64 and hexadecimal change.
ODD = ("p'\"<&>", "+%/é\\=~")


class Planted:
    """The secrets of a run, and a search for them."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.needles: dict[bytes, str] = {}
        self.pattern: re.Pattern[bytes] | None = None

    def make(self, name: str, odd: bool = True) -> str:
        core = randomness.token_hex(14)
        value = f"{ODD[0]}{core}{ODD[1]}" if odd else core
        self.add(name, value, core)
        return value

    def add(self, name: str, value: str, core: str | None = None) -> str:
        """Also searches for halves, because text may be cut, and for base64 with each of its three alignments."""
        if self.values.get(name) == value:
            return value
        self.values[name] = value
        core = core or max(re.findall(r"[0-9A-Za-z]+", value), key=len)
        assert len(core) >= 16, value
        core = core[-28:]
        parts = {core[:14].encode(), core[-14:].encode(), core.upper()[:14].encode()}
        for shift in range(3):
            for text in (core, core.encode().hex()):
                whole = base64.b64encode(b"\0" * shift + text.encode())
                parts.add(whole[-(-shift * 4 // 3):][:16] if shift else whole[:16])
        parts.add(core[:12].encode().hex().encode())
        parts.add(" ".join(f"{byte:02x}" for byte in core[:8].encode()).encode())
        for part in parts:
            self.needles[part] = name
        self.pattern = None
        return value

    def find(self, data: bytes) -> dict[str, bytes]:
        """The names of the secrets in the text, each with the text around it."""
        if self.pattern is None:
            self.pattern = re.compile(b"|".join(re.escape(needle) for needle in sorted(self.needles, key=len, reverse=True)))
        return {self.needles[hit[0]]: data[max(0, hit.start() - 60):hit.end() + 20] for hit in self.pattern.finditer(data)}


def parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


class Watch(threading.Thread):
    """Reads the command lines of all processes that began after it, and the environment of the children of mcpauth, again
    and again. It looks only at those: to read all processes of a machine takes most of a core."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.lines: set[bytes] = set()
        self.environments: set[bytes] = set()
        self.samples = 0
        self.roots: set[int] = set()
        self.stopped = threading.Event()
        self.older = self.processes()

    @staticmethod
    def processes() -> set[str]:
        return {name for name in os.listdir("/proc") if name.isdigit()}

    def run(self) -> None:
        while not self.stopped.wait(0.01):
            self.samples += 1
            now = self.processes()
            # A number is used again after its process has ended.
            self.older &= now
            for name in now - self.older:
                try:
                    line = Path(f"/proc/{name}/cmdline").read_bytes()
                    self.lines.add(line)
                    if parent(int(name)) in self.roots and b"mcpauth\0" not in line:
                        self.environments.add(Path(f"/proc/{name}/environ").read_bytes())
                except OSError:
                    continue


HELPER = r"""#!/usr/bin/python3 -SE
import hashlib, json, os, sys
kept = os.path.dirname(os.path.abspath(__file__)) + "/kept"
os.makedirs(kept, exist_ok=True)
with open(os.path.dirname(kept) + "/seen", "ab") as seen:
    seen.write(open("/proc/self/environ", "rb").read() + open("/proc/self/cmdline", "rb").read() + b"\n")
verb, text = sys.argv[1], sys.stdin.read()
path = lambda url: kept + "/" + hashlib.sha256(url.encode()).hexdigest()
def missing():
    print("credentials not found in native keychain")
    sys.exit(1)
if verb == "store":
    open(path(json.loads(text)["ServerURL"]), "w").write(text)
elif verb == "get":
    open(path(text)).close() if os.path.exists(path(text)) else missing()
    print(open(path(text)).read())
elif verb == "erase":
    os.unlink(path(text)) if os.path.exists(path(text)) else missing()
elif verb == "list":
    records = [json.load(open(kept + "/" + name)) for name in os.listdir(kept)]
    print(json.dumps({record["ServerURL"]: record["Username"] for record in records}))
"""

PROGRAM = r"""#!/usr/bin/python3 -SE
import json, os, sys
kept = os.path.dirname(os.path.abspath(__file__)) + "/kept"
os.makedirs(kept, exist_ok=True)
with open(os.path.dirname(kept) + "/seen", "ab") as seen:
    seen.write(open("/proc/self/environ", "rb").read() + open("/proc/self/cmdline", "rb").read() + b"\n")
request = json.load(sys.stdin)
verb, answer, path = request["verb"], {}, kept + "/" + request.get("name", "").replace("/", "+")
try:
    if verb == "create": open(path, "x").write(request["value"])
    elif verb == "replace": open(path, "w").write(request["value"])
    elif verb == "get": answer = {"value": open(path, newline="").read()}
    elif verb == "list": answer = {"names": [name.replace("+", "/") for name in os.listdir(kept)]}
    else: os.unlink(path)
except FileExistsError: sys.exit(3)
except FileNotFoundError: sys.exit(4)
print(json.dumps(answer))
"""

ADDRESS = "answer registration_client_uri"
FORMATS = ("text", "json", "markdown", "github", "ndjson", "html", "sarif", "gitlab")


class Place:
    """An inventory with a secret in every field, for servers that send them back, and all runs of mcpauth."""

    def __init__(self, repo: Repository, sandbox: Sandbox, store: str) -> None:
        self.repo, self.sandbox, self.store = repo, sandbox, store
        self.folder = repo.folder / "place"
        self.folder.mkdir()
        self.planted = planted = Planted()
        self.output: list[tuple[str, bytes]] = []
        self.codes: dict[str, set[int]] = {}
        self.watch = Watch()
        (repo.folder / "bin").mkdir()
        self.env = clean_environment(repo.folder, GITHUB_STEP_SUMMARY=str(self.folder / "summary.md"), GITHUB_OUTPUT=str(self.folder / "output.txt"), NO_COLOR="1")
        self.env["PATH"] = f"{repo.folder / 'bin'}:{self.env['PATH']}"
        self.env["SWIFT_BACKTRACE"] = "enable=yes,color=no,interactive=no"
        for name, text in (("docker-credential-planted", HELPER), ("mcpauth-store-planted", PROGRAM)):
            (repo.folder / "bin" / name).write_text(text)
            (repo.folder / "bin" / name).chmod(0o755)
        self.env["MCPAUTH_STORE_PROGRAMS"] = "docker-credential-planted,mcpauth-store-planted"
        (self.folder / "files").mkdir()

        # Secrets of users: in the environment, in files, in the store.
        # Sent in a header: visible ASCII only.
        for name in ("MANUAL", "KEY", "HEADER", "TOKEN", "STATEMENT", "IMPORT_SECRET"):
            self.env[f"P_{name}"] = planted.make(f"env {name}", odd=name in ("MANUAL", "IMPORT_SECRET"))
        self.files: dict[str, str] = {}
        for name in ("manual", "key", "header", "token", "statement"):
            self.files[name] = planted.make(f"file {name}", odd=name == "manual")
            (self.folder / "files" / name).write_text(self.files[name] + "\n")
        self.stored = {name: planted.make(f"stored {name}", odd=name == "manual") for name in ("manual", "key", "header", "token", "statement")}
        done = subprocess.run([repo.mcpauth, "secrets", "keygen"], capture_output=True, text=True, check=True)
        self.recipient = re.findall(r"age1\w+$", done.stdout, re.M)[0]
        if store == "age":
            self.env["MCPAUTH_AGE_KEY"] = planted.add("age identity", re.findall(r"^AGE-SECRET-KEY-1\w+$", done.stdout, re.M)[0])
        # A variable that mcpauth never reads.
        self.env["GITHUB_TOKEN"] = planted.make("env GITHUB_TOKEN", odd=False)
        self.prepare()

    def url(self, kind: str) -> str:
        return f"{self.sandbox.origin}/{kind}/mcp"

    def prepare(self) -> None:
        """The answers of the servers: secrets with unusual characters, and what they received."""
        self.answer = {
            "client_secret": self.planted.make("answer client_secret"),
            "registration_access_token": self.planted.make("answer registration_access_token", odd=False),
            "registration_client_uri": f"{self.sandbox.origin}/as/confidential-basic/clients/{self.planted.make(ADDRESS, odd=False)}",
        }
        self.sandbox.post("config", {"kind": "confidential-basic", "registration_answer": self.answer})
        kinds = [f"echo-{source}" for source in ("env", "file", "stored")]
        for kind, source, status in zip(("strict", "rejects-metadata", "allow-list"), kinds, (400, 422, 403)):
            token, statement = self.sent(source.removeprefix("echo-"))
            text = self.echo(token) + self.echo(statement)
            body = json.dumps({"error": "invalid_client_metadata", "error_description": text, "debug": {token: statement}}) if status != 403 else f"<pre>{html.escape(text)}</pre>{text}"
            headers = {"Content-Type": "application/json" if status != 403 else "text/html", "X-Echo": token, "WWW-Authenticate": f'Bearer error="invalid_token", error_description="{token}"'}
            self.sandbox.post("config", {"kind": kind, "faults": {"register": {"status": status, "headers": headers, "body": body}}})

    def sent(self, source: str) -> tuple[str, str]:
        if source == "env":
            return self.env["P_TOKEN"], self.env["P_STATEMENT"]
        values = self.files if source == "file" else self.stored
        return values["token"], values["statement"]

    @staticmethod
    def echo(value: str) -> str:
        """The value in each encoding."""
        forms = [
            value, json.dumps(value), urllib.parse.quote(value, safe=""), urllib.parse.quote_plus(value), html.escape(value),
            base64.b64encode(value.encode()).decode(), base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
            base64.b64encode(f"client:{value}".encode()).decode(), f"Authorization: Bearer {value}",
        ]
        return " ".join(forms)

    def cut(self, at: int) -> None:
        """The next refusal has the secret from this byte on, so that an answer that is cut has half of it."""
        token, statement = self.sent("env")
        body = {"error": "invalid_client_metadata", "error_description": "." * at + token + " " + statement}
        self.sandbox.post("config", {"kind": "strict", "faults": {"register": {"status": 400, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}}})

    def refuse_management(self) -> None:
        lock = json.loads((self.folder / "servers.lock.json").read_text())["servers"]["managed"]
        (client,) = [client for client in self.sandbox.get("clients") if client["client_id"] == lock["client_id"]]
        text = self.echo(client["registration_access_token"]) + " " + self.echo(client["client_secret"])
        body = json.dumps({"error": "invalid_token", "error_description": text})
        self.sandbox.post("config", {"kind": "managed", "faults": {"management": {"status": 400, "body": body}}})

    def inventory(self, store: str | None = None, only: list[str] | None = None) -> str:
        def reference(source: str, name: str) -> dict[str, str]:
            return {"env": f"P_{name.upper()}"} if source == "env" else {"file": f"files/{name}"} if source == "file" else {"stored": f"planted-{name}"}

        servers: dict[str, dict[str, object]] = {
            "received": {"url": self.url("confidential-basic")},
            "managed": {"url": self.url("managed")},
            "rotating": {"url": self.url("managed-rotating")},
            "expiring": {"url": self.url("expiring")},
            "imported": {"url": self.url("managed-elsewhere")},
            "adopted": {"url": self.url("managed-rotating") + "?adopted"},
            "lost": {"url": self.url("lost-answer")},
            "html": {"url": self.url("html-answer")},
            "teapot": {"url": self.url("teapot")},
        }
        for source, kind in zip(("env", "file", "stored"), ("strict", "rejects-metadata", "allow-list")):
            servers[f"manual-{source}"] = {
                "url": f"{self.sandbox.origin}/own/{source}",
                "oauth2": {"client_id": "own", "client_secret": reference(source, "manual"), "authorization_endpoint": f"{self.sandbox.origin}/as/managed/authorize", "token_endpoint": f"{self.sandbox.origin}/as/managed/token"},
            }
            servers[f"key-{source}"] = {"url": f"https://{source}.example.com/key", "auth": "api_key", "api_key": {"header": "X-API-Key", "value": reference(source, "key")}}
            servers[f"headers-{source}"] = {"url": f"https://{source}.example.com/headers", "auth": "custom_headers", "custom_headers": {"Authorization": reference(source, "header"), "X-Tenant": "acme"}}
            servers[f"echo-{source}"] = {
                "url": self.url(kind),
                "oauth2": {"issuer": f"{self.sandbox.origin}/as/{kind}", "initial_access_token": reference(source, "token"), "software_statement": reference(source, "statement")},
            }
        kinds = {
            "directory": {"store": "directory"}, "age": {"store": "age", "recipients": [self.recipient]},
            "helper": {"store": "helper", "helper": "planted"}, "exec": {"store": "exec", "command": ["mcpauth-store-planted"]},
        }  # fmt: skip
        return json.dumps(
            {
                "version": 1,
                "client": {"name": "Planted", "redirect_uris": ["http://127.0.0.1:7777/callback/{server}"]},
                "defaults": {"token_endpoint_auth_method": "client_secret_basic"},
                "secrets": kinds[store or self.store],
                "servers": {name: server for name, server in servers.items() if only is None or name in only},
            },
            indent=1,
        )

    def start(self, *words: object, stdin: str | None = None) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [str(self.repo.mcpauth), *map(str, words)], cwd=self.folder, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            # A crash may write a core file.
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2),
        )
        self.watch.roots.add(process.pid)
        return process

    def run(self, *words: object, stdin: str = "", shown: bool = False, named: str | None = None) -> Outcome:
        process = self.start(*words)
        out, err = process.communicate(stdin.encode(), timeout=120)
        name = " ".join(map(str, words))
        if not shown:
            self.output += [(f"stdout of {name}", out), (f"stderr of {name}", err)]
        self.codes.setdefault(named or str(words[0]), set()).add(process.returncode)
        self.learn_clients()
        return Outcome(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

    def learn_clients(self) -> None:
        """The secrets and tokens of every client that now exists at the servers."""
        for client in self.sandbox.get("clients"):
            for member in ("client_secret", "registration_access_token"):
                value = client.get(member)
                if value and value not in self.answer.values():
                    self.planted.add(f"answer {member} of {client['client_id']}: {value}", value)

    def formats(self, *command: str) -> list[str]:
        done = subprocess.run([str(self.repo.mcpauth), *command, "--help"], capture_output=True, text=True, check=False)
        values = re.search(r"--format <format>(.*?)default", re.sub(r"\s+", " ", done.stdout))
        return [name for name in FORMATS if values and re.search(rf"\b{name}\b", values[1])] or ["text"]

    def every(self, *words: object, command: tuple[str, ...] | None = None) -> None:
        for form in self.formats(*(command or (str(words[0]),))):
            self.run(*words, "--verbose", "--format", form)
        self.run(*words, "--quiet")

    def everything(self, allowed) -> tuple[list[str], int]:
        """Searches all output and all files. `allowed` says by path which secrets a file may have."""
        found: list[str] = []
        for name, data in self.output:
            found += [f"{secret} in {name}: {place!r}" for secret, place in self.planted.find(data).items() if secret != ADDRESS]
        count = 0
        for path in sorted(self.repo.folder.rglob("*")):
            if not path.is_file() or path.is_symlink():
                continue
            count += 1
            short = str(path.relative_to(self.repo.folder))
            if re.search(r"(^|/)core(\.\d+)?$", short):
                found.append(f"a core file: {short}")
                continue
            for secret, place in self.planted.find(path.read_bytes()).items():
                # The summary of a job is also output.
                if not allowed(short, secret) and not (secret == ADDRESS and short in ("place/summary.md", "place/output.txt")):
                    found.append(f"{secret} in {short}: {place!r}")
        for what, samples in (("a command line", self.watch.lines), ("a child's environment", self.watch.environments)):
            for sample in samples:
                found += [f"{secret} in {what}: {place!r}" for secret, place in self.planted.find(sample).items() if not allowed(what, secret)]
        return found, count


def commands(place: Place) -> None:
    """Every command, in every format."""
    run, every = place.run, place.every
    for name, value in place.stored.items():
        run("secrets", "set", f"planted-{name}", stdin=value + "\n")
    every("validate")
    every("plan")
    run("plan", "--out", "saved.plan", "--verbose")
    run("apply", "--yes", "--verbose", "saved.plan")
    every("apply", "--yes")
    for at in range(478, 514, 5):
        place.cut(at)
        run("apply", "--yes", "--only", "echo-env", "--format", "json")
    every("plan", "--refresh")
    every("status")
    run("status", "--check", "--verbose")
    every("verify")
    every("inspect", place.url("managed"))
    for server in ("received", "managed", "manual-env", "key-file"):
        every("state", "show", server, command=("state", "show"))
    every("state", "list", command=("state", "list"))
    every("orphans", "list", command=("orphans", "list"))
    every("secrets", "list", command=("secrets", "list"))
    every("secrets", "check", command=("secrets", "check"))
    every("rotate", "managed", "rotating", "--yes")
    every("rotate", "received", "--yes")

    # Importing a client: the token endpoint sends back what it receives.
    words = ["import", "imported", "--client-id", "c", "--yes"]
    for secret in ("env:P_IMPORT_SECRET", "file:files/manual"):
        value = place.env["P_IMPORT_SECRET"] if secret.startswith("env:") else place.files["manual"]
        text = Place.echo(value) + " " + base64.b64encode(f"c:{urllib.parse.quote_plus(value)}".encode()).decode()
        body = json.dumps({"error": "invalid_client", "error_description": text})
        place.sandbox.post("config", {"kind": "managed-elsewhere", "faults": {"token": {"status": 401, "body": body}}})
        every(*words, "--client-secret-from", secret)
        every("verify", "--only", "imported")
    place.sandbox.post("config", {"kind": "managed-elsewhere", "faults": {"token": None}})
    run(*words, "--client-secret-from", "env:P_IMPORT_SECRET", "--no-verify", "--verbose")
    # A client that exists and is managed: its token comes from the environment too.
    with urllib.request.urlopen(urllib.request.Request(
        f"{place.sandbox.origin}/as/managed-rotating/register", headers={"Content-Type": "application/json"},
        data=json.dumps({"redirect_uris": ["http://127.0.0.1:7777/callback/adopted"], "token_endpoint_auth_method": "client_secret_basic"}).encode(),
    )) as answer:
        client = json.load(answer)
    place.learn_clients()
    place.env |= {"P_IMPORT_REAL": client["client_secret"], "P_IMPORT_REAL_TOKEN": client["registration_access_token"]}
    every(
        "import", "adopted", "--client-id", client["client_id"], "--client-secret-from", "env:P_IMPORT_REAL", "--registration-client-uri",
        client["registration_client_uri"], "--registration-access-token-from", "env:P_IMPORT_REAL_TOKEN", "--yes",
    )
    every("verify")

    # Management requests are refused, with the token in the answer. Then a rotation makes another client.
    for words in (("rotate", "managed", "--yes"), ("apply", "--refresh", "--yes")):
        for form in place.formats(words[0]):
            place.refuse_management()
            run(*words, "--verbose", "--format", form)
    place.sandbox.post("config", {"kind": "managed", "faults": {"management": None}})

    done = run("export", "--help")
    targets = re.findall(r"[a-z-]+", re.search(r"The program that reads it\. \(values:(.*?)\)", re.sub(r"\s+", " ", done.out))[1])
    (place.folder / "exports").mkdir(exist_ok=True)
    for target in targets:
        for how in ("omit", None):
            run("export", "--to", target, "--verbose", *(["--secrets", how] if how else []))
        # Refused where the target has no references.
        run("export", "--secrets", "reference", "--to", target, "--verbose", named="export --secrets reference")
        run("export", "--to", target, "--verbose", "--secrets", "inline", "--output", f"exports/{target}")
        if how := place.planted.find(run("export", "--to", target, "--secrets", "inline", shown=True).err.encode()):
            place.output.append((f"stderr of export --to {target} --secrets inline", str(how).encode()))


def crashes(place: Place) -> tuple[int, int]:
    """Runs that a signal ends during a registration, and the runs after them."""
    ended = 0
    for number, name in enumerate((signal.SIGABRT, signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM)):
        # A server that never answers: the run is under way until it is ended.
        place.sandbox.post("config", {"kind": "challenge", "faults": {"register": {"manner": "hang", "times": 1}}})
        text = json.loads(place.inventory())
        text["servers"][f"hangs-{number}"] = {"url": place.url("challenge")}
        text["servers"][f"more-{number}"] = {"url": place.url("confidential-post") + f"?{number}"}
        (place.folder / "servers.yaml").write_text(json.dumps(text))
        before = place.sandbox.get("requests")[-1]["number"]
        process = place.start("apply", "--yes", "--verbose")
        process.stdin.close()
        process.stdin = None
        journal = place.folder / ".mcpauth" / "servers" / "journal.jsonl"

        def is_under_way() -> bool:
            """One registration hangs, and another is stored."""
            requests = [one["path"] for one in place.sandbox.get("requests") if one["number"] > before]
            lines = journal.read_text(errors="replace").splitlines() if journal.exists() else []
            stored = [line for line in lines if '"registered"' in line]
            hangs = any(path.endswith("/as/challenge/register") for path in requests)
            return hangs and any(f'"more-{number}"' in line for line in stored) or process.poll() is not None

        wait_until("a registration is under way", is_under_way)
        process.send_signal(name)
        out, err = process.communicate(timeout=60)
        ended += process.returncode in (-name, 1)
        place.output += [(f"stdout of apply ended by {name.name}", out), (f"stderr of apply ended by {name.name}", err)]
        place.learn_clients()
        place.every("plan")
        place.run("apply", "--yes", "--verbose")
        (place.folder / "servers.yaml").write_text(place.inventory())
        place.run("apply", "--yes", "--verbose", "--allow-mass-change")
    return ended, 4


KINDS = (
    "confidential-basic", "managed", "managed-rotating", "managed-elsewhere", "expiring", "lost-answer", "html-answer", "teapot", "strict",
    "rejects-metadata", "allow-list", "challenge", "confidential-post",
)


# The programs of stores.
PROGRAMS = {"helper": b"docker-credential-planted", "exec": b"mcpauth-store-planted"}


def planted(check: Checks, options, store: str) -> None:
    with Sandbox(options.bin, *[word for kind in KINDS for word in ("--kind", kind)]) as sandbox, Repository(options.bin) as repo:
        place = Place(repo, sandbox, store)
        (place.folder / "servers.yaml").write_text(place.inventory())
        place.watch.start()
        try:
            commands(place)
            ended, meant = crashes(place)
        finally:
            place.watch.stopped.set()
            place.watch.join()

        def allowed(path: str, secret: str) -> bool:
            if path.startswith("place/files/"):
                return secret.startswith("file ")
            if path.startswith("place/exports/"):
                return True
            received = secret.startswith(("answer ", "stored ")) or secret in ("env IMPORT_SECRET", "file manual")
            if path.startswith("place/.mcpauth/servers/secrets/"):
                return store == "directory" and received
            if path in ("bin/seen", "a child's environment"):
                # Variables of the inventory and tokens of CI are hidden from a program; variables of the command line are not.
                return store in PROGRAMS and place.planted.values[secret] in (place.env[name] for name in place.env if name.startswith("P_IMPORT_"))
            return store in PROGRAMS and path.startswith("bin/kept/") and received

        check(f"{store}: every command ran: {', '.join(f'{name} {sorted(codes)}' for name, codes in sorted(place.codes.items()))}", not {64, -6, -11} & set().union(*(codes for name, codes in place.codes.items() if " " not in name)), place.codes)
        lock = json.loads((place.folder / "servers.lock.json").read_text())
        check(f"{store}: clients were registered, and failures echoed", {"received", "managed", "rotating", "imported", "adopted"} <= set(lock["servers"]) and any(b"echo-env" in data and b"failed" in data for _, data in place.output), list(lock["servers"]))
        check(f"{store}: the runs ended as expected", ended == meant, (ended, meant))
        found, files = place.everything(allowed)
        check(f"{store}: {len(place.planted.values)} secrets, {len(place.output)} outputs, {files} files, {len(place.watch.lines)} command lines in {place.watch.samples} samples: nothing", not found, "\n      ".join([f"{len(found)} found"] + found[:25]))
        # The search finds secrets where they are.
        exported = b"".join(path.read_bytes() for path in (place.folder / "exports").iterdir())
        names = {name.split(":")[0].rsplit(" of ", 1)[0] for name in place.planted.find(exported)}
        check(f"{store}: the exports hold what was asked for", {"env MANUAL", "file manual", "stored manual", "env KEY", "file key", "stored key", "env HEADER", "answer client_secret"} <= names, names)
        if store == "directory":
            records = [path for path in (place.folder / ".mcpauth" / "servers" / "secrets").rglob("*.json")]
            kept = {name.split(":")[0].rsplit(" of ", 1)[0] for path in records for name in place.planted.find(path.read_bytes())}
            check("directory: the store holds what was received and what was stored", {"answer client_secret", "answer registration_access_token", "answer registration_client_uri", "stored key", "env IMPORT_SECRET"} <= kept, kept)
            check("directory: only its owner can read it", all(path.stat().st_mode & 0o077 == 0 for path in records))
        if store in PROGRAMS:
            seen = (repo.folder / "bin" / "seen").read_bytes()
            check(f"{store}: its environment and arguments were seen", seen.count(PROGRAMS[store]) > 20)


def directory(check: Checks, options) -> None:
    """Secret records in files."""
    planted(check, options, "directory")


def age(check: Checks, options) -> None:
    """Secret records in age files: no file has a secret in plain text."""
    planted(check, options, "age")


def helper(check: Checks, options) -> None:
    """Secret records in a credential helper, which gets only what it stores."""
    planted(check, options, "helper")


def exec_program(check: Checks, options) -> None:
    """Secret records in a store program, which gets only what it stores."""
    planted(check, options, "exec")


def mistakes(check: Checks, options) -> None:
    """Secrets where none may be: literals, passwords in URLs, refused variables, in every message with a source line."""
    with Sandbox(options.bin, *[word for kind in KINDS for word in ("--kind", kind)]) as sandbox, Repository(options.bin) as repo:
        place = Place(repo, sandbox, "directory")
        value = lambda name: place.planted.make(name, odd=False)  # noqa: E731
        tab = "\t"
        texts = {
            "literals": f"""version: 1
client: {{name: T, redirect_uris: ["http://127.0.0.1/cb"]}}
servers:
  a: {{url: "https://a.example.com/mcp", oauth2: {{client_id: x, client_secret: {value('literal flow')}, authorization_endpoint: "https://a/", token_endpoint: "https://a/"}}}}
  b:
    url: https://b.example.com/mcp
    oauth2:
      issuer: https://b
      client_secret: "{value('literal quoted')}"
      initial_access_token: |
        {value('literal block')}
      software_statement: >-
        {value('literal folded')}
  c: {{url: "https://c.example.com/mcp", auth: api_key, api_key: {{header: X, value: '{value('literal single')}'}}}}
  d: {{url: "https://d.example.com/mcp", auth: custom_headers, custom_headers: {{Authorization: Bearer {value('literal header')}, X-Api-Key: {value('literal header key')}}}}}
  e: {{url: "https://user:{value('literal password')}@e.example.com/mcp"}}
  f: {{url: "https://f.example.com/mcp?x=${{P_KEY}}"}}
  g: {{url: "https://g.example.com/${{GITHUB_TOKEN}}"}}
  h: {{url: "https://h.example.com/mcp", auth: api_key, api_key: {{header: X, value: {{env: P_KEY}}}}}}
  i: {{url: "https://i.example.com/mcp", oauth2: {{client_secert: {value('literal misspelt')}}}}}
  j: {{url: "https://j.example.com/mcp", oauth2: {{client_id: x, client_id: y, client_secret: {value('literal after duplicate')}}}}}
""",
            "broken": f"""version: 1
servers:
  a:
    url: https://a.example.com/mcp
    oauth2:
      client_secret:{value('glued')}
  b:
{tab}client_secret: {value('tab')}
""",
            "unclosed": f"""version: 1
servers:
  a: {{url: "https://a.example.com/mcp", oauth2: {{client_secret: "{value('unclosed')}
""",
            "proxy": place.inventory(only=["managed"]),
        }
        for name, text in texts.items():
            (place.folder / f"{name}.yaml").write_text(text)
        place.watch.start()
        for name in ("literals", "broken", "unclosed"):
            for command in ("validate", "plan", "apply", "status", "verify"):
                place.every(command, f"{name}.yaml")
            place.run("export", "--to", "json", "--verbose", f"{name}.yaml")
        check("mistakes: each is refused", set().union(*(place.codes[name] for name in ("validate", "plan", "apply"))) == {3}, place.codes)
        # The password of a proxy, and an invalid identity.
        place.env["HTTP_PROXY"] = f"http://user:{place.planted.make('proxy password', odd=False)}@127.0.0.1:9"
        place.env["HTTPS_PROXY"] = place.env["HTTP_PROXY"]
        texts = json.loads(texts["proxy"])
        texts["servers"]["far"] = {"url": "https://far.example.com/mcp"}
        texts["secrets"] = {"store": "age", "recipients": [place.recipient]}
        (place.folder / "proxy.yaml").write_text(json.dumps(texts))
        place.every("plan", "proxy.yaml", "--timeout", "2s")
        place.env["MCPAUTH_AGE_KEY"] = "AGE-SECRET-KEY-1" + place.planted.make("broken identity", odd=False).upper()
        place.every("apply", "proxy.yaml", "--timeout", "2s", "--yes")
        place.every("status", "proxy.yaml")
        place.watch.stopped.set()
        place.watch.join()
        mine = {f"place/{path.name}" for path in place.folder.glob("*.yaml")}
        found, files = place.everything(lambda path, secret: path in mine or path.startswith("place/files/"))
        check(f"mistakes: {len(place.planted.values)} secrets, {len(place.output)} outputs, {files} files: nothing", not found, "\n      ".join([f"{len(found)} found"] + found[:25]))


def main() -> int:
    options = arguments(__doc__)
    return run_cases(Checks(), [mistakes, directory, age, helper, exec_program], options, only=options.only)


if __name__ == "__main__":
    sys.exit(main())
