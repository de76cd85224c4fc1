#!/usr/bin/env python3
"""The store programs of examples/stores: their conformance, and mcpauth with them.

    Tests/Stores/run_stores.py --venv VENV [--bin .build/debug] [--only aws]      with the packages of requirements.txt

AWS Secrets Manager is the server of moto, with the real `aws`. SOPS is the real `sops`. The command line tools of Google
Cloud, Azure and 1Password are fakes (`fakes`) that accept only the options of the real ones. Ends with `N passed, N failed`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import ROOT, Checks, Outcome, Sandbox, end, environment, free_port, inventory, parser, run, run_cases, scratch, wait_until

STORES = ROOT / "examples" / "stores"
FAKES = ROOT / "Tests" / "Stores" / "fakes"
# Logs the arguments of a real tool, and runs it.
SHIM = """#!/bin/sh
printf '%s\\n' "$*" >>"$FAKE_STATE/log"
exec {tool} "$@"
"""


class Place:
    """A folder with the store programs and their tools on PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin, self.state, self.temporary = folder / "bin", folder / "state", folder / "tmp"
        for made in (self.bin, self.state, self.temporary):
            made.mkdir()
        for program in STORES.glob("mcpauth-store-*"):
            (self.bin / program.name).symlink_to(program)
        self.env = environment(
            PATH=f"{self.bin}:{os.environ['PATH']}", HOME=str(folder), FAKE_STATE=str(self.state), TMPDIR=str(self.temporary),
            PYTHONDONTWRITEBYTECODE="1",
        )  # fmt: skip

    def fake(self, tool: str) -> None:
        (self.bin / tool).symlink_to(FAKES / tool)

    def real(self, tool: str, path: Path) -> None:
        (self.bin / tool).write_text(SHIM.format(tool=path))
        (self.bin / tool).chmod(0o755)

    @property
    def log(self) -> str:
        path = self.state / "log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def conforms(self, check: Checks, *command: str) -> None:
        # Each request of the real `aws` starts Python twice.
        outcome = run([STORES / "check-store", *command], self.folder, self.env, timeout=1800)
        last = (outcome.out.strip().splitlines() or [""])[-1]
        failed = [line for line in outcome.out.splitlines() if line.startswith(("FAIL", "     "))]
        check(f"{command[0]} conforms: {last}", outcome.code == 0 and last.endswith(" 0 failed"), "\n      ".join(failed) or outcome)
        check(f"{command[0]}: no value in an argument of its tool", self.log and "s3cret-" not in self.log and "another-value" not in self.log)
        check(f"{command[0]}: no file with a value stays", not list(self.temporary.iterdir()), list(self.temporary.iterdir()))

    def ask(self, command: list[str], **request: object) -> Outcome:
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, input=json.dumps({"protocol": 1} | request), capture_output=True, text=True, timeout=600,
            check=False,
        )  # fmt: skip
        return Outcome(done.returncode, done.stdout, done.stderr)


@contextmanager
def secrets_manager(place: Place, venv: Path):
    """The server of moto, and variables with which `aws` uses it."""
    port = free_port()
    with open(place.folder / "moto.log", "w", encoding="utf-8") as log:
        server = subprocess.Popen([str(venv / "bin" / "moto_server"), "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def answers() -> bool:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=5).status == 200
        except OSError:
            return False

    place.real("aws", venv / "bin" / "aws")
    place.env |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    try:
        wait_until("moto answers", answers)
        yield
    finally:
        end(server)


def sops_keys(place: Place, options) -> None:
    place.real("sops", options.venv / "bin" / "sops")
    lines = run([options.bin / "mcpauth", "secrets", "keygen"], place.folder).out.split()
    recipient = next(word for word in lines if word.startswith("age1"))
    (place.folder / "key.txt").write_text(next(word for word in lines if word.startswith("AGE-SECRET-KEY-1")) + "\n")
    place.env |= {"SOPS_AGE_RECIPIENTS": recipient, "SOPS_AGE_KEY_FILE": str(place.folder / "key.txt")}


def aws(check: Checks, options) -> None:
    """AWS Secrets Manager."""
    with scratch("stores") as folder:
        place = Place(folder)
        with secrets_manager(place, options.venv):
            place.conforms(check, "mcpauth-store-aws", "--prefix", "test")
            command = ["mcpauth-store-aws", "--prefix", "one"]
            place.ask(command, verb="create", name="l/s/a1", value="x")
            check("aws: another prefix does not see it", json.loads(place.ask(["mcpauth-store-aws", "--prefix", "on"], verb="list").out) == {"names": []})
            place.env["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{free_port()}"
            place.env["AWS_MAX_ATTEMPTS"] = "1"
            refused = place.ask(command, verb="get", name="l/s/a1")
            check("aws: a service that does not answer is a failure, not an absent entry", refused.code == 1 and refused.err.strip(), refused)
            with_value = place.ask(command, verb="create", name="l/s/b2", value="s3cret-value")
            check("aws: a failed create shows no value", with_value.code == 1 and "s3cret" not in with_value.text, with_value)


def sops(check: Checks, options) -> None:
    """SOPS with age keys."""
    with scratch("stores") as folder:
        place = Place(folder)
        sops_keys(place, options)
        place.conforms(check, "mcpauth-store-sops", "--folder", "test.sops")
        command = ["mcpauth-store-sops", "--folder", "test.sops"]
        place.ask(command, verb="create", name="l/s/a1", value="s3cret-value")
        files = {path.name: path.read_text() for path in (folder / "test.sops").iterdir()}
        check("sops: the folder has one file, which is encrypted", list(files) == ["l+s+a1.sops.json"] and "s3cret" not in "".join(files.values()), list(files))
        place.env["SOPS_AGE_KEY_FILE"] = "/dev/null"
        refused = place.ask(command, verb="get", name="l/s/a1")
        check("sops: without the key it is a failure, not an absent entry", refused.code == 1, refused)


def onepassword(check: Checks, options) -> None:
    """1Password, with a fake of `op`."""
    with scratch("stores") as folder:
        place = Place(folder)
        place.fake("op")
        place.conforms(check, "mcpauth-store-1password", "--vault", "My vault")
        command = ["mcpauth-store-1password", "--vault", "My vault"]
        place.ask(command, verb="create", name="l/s/a1", value="x")
        items = json.loads((place.state / "state.json").read_text())
        items["copy"] = next(iter(items.values()))
        (place.state / "state.json").write_text(json.dumps(items))
        two = place.ask(command, verb="get", name="l/s/a1")
        check("1password: two items with one title are a failure", two.code == 1 and "2 items" in two.err, two)


def gcp(check: Checks, options) -> None:
    """Google Cloud, with a fake of `gcloud`."""
    with scratch("stores") as folder:
        place = Place(folder)
        place.fake("gcloud")
        place.conforms(check, "mcpauth-store-gcp", "--project", "p")
        place.ask(["mcpauth-store-gcp", "--project", "p"], verb="create", name="l/.orphans/a_1", value="x")
        names = list(json.loads((place.state / "state.json").read_text()))
        check("gcp: the id is escaped", names == ["mcpauth-l_2f_2eorphans_2fa_5f1"], names)


def azure(check: Checks, options) -> None:
    """Azure, with a fake of `az`."""
    with scratch("stores") as folder:
        place = Place(folder)
        place.fake("az")
        place.conforms(check, "mcpauth-store-azure", "--vault", "v")
        quoted = place.ask(["mcpauth-store-azure", "--vault", "v", "--prefix", "x' || '"], verb="list")
        check("azure: a prefix that would end the query is refused", quoted.code == 2, quoted)


# A program that keeps files, with a place for a mistake.
HONEST = """#!/usr/bin/env python3
import json, os, sys
request = json.load(sys.stdin)
verb, answer, path = request["verb"], {}, os.environ["FAKE_STATE"] + "/" + request.get("name", "").replace("/", "+")
if request["protocol"] != 1 or verb not in ("create", "replace", "get", "list", "delete"): sys.exit(1)
#MISTAKE
try:
    if verb == "create": open(path, "x").write(request["value"])
    elif verb == "replace": open(path, "w").write(request["value"])
    elif verb == "get": answer = {"value": open(path, newline="").read()}
    elif verb == "list": answer = {"names": [name.replace("+", "/") for name in os.listdir(os.environ["FAKE_STATE"])]}
    else: os.unlink(path)
except FileExistsError: sys.exit(3)
except FileNotFoundError: sys.exit(4)
print(json.dumps(answer))
"""
MISTAKES = {
    "create replaces": 'verb = "replace" if verb == "create" else verb',
    "get of an absent entry is an empty value": 'if verb == "get" and not os.path.exists(path): print(\'{"value": ""}\'); sys.exit(0)',
    "get drops the last line end": 'if verb == "get" and os.path.exists(path): print(json.dumps({"value": open(path).read().rstrip("\\n")})); sys.exit(0)',
    "the value is printed as an error": 'print(request.get("value"), file=sys.stderr)',
    "list prints an array": 'if verb == "list": print("[]"); sys.exit(0)',
    "delete keeps the entry": 'if verb == "delete": print("{}"); sys.exit(0)',
    "names have no case": "path = path.lower()",
    "replace only creates": 'verb = "create" if verb == "replace" else verb',
    "create prints no JSON": 'if verb == "create" and not os.path.exists(path): open(path, "w").write(request["value"]); print("done"); sys.exit(0)',
}


def conformance(check: Checks, options) -> None:
    """check-store accepts a correct program, and finds each mistake."""
    with scratch("stores") as folder:
        place = Place(folder)
        program = place.bin / "mcpauth-store-test"
        for what, mistake in ({"": ""} | MISTAKES).items():
            program.write_text(HONEST.replace("#MISTAKE", mistake))
            program.chmod(0o755)
            outcome = run([STORES / "check-store", "mcpauth-store-test"], folder, place.env)
            check(f"check-store finds that {what}" if what else "check-store accepts a correct program", outcome.code == (1 if what else 0), outcome)
            for kept in place.state.iterdir():
                kept.unlink()


def through_mcpauth(check: Checks, options) -> None:
    """apply, export, rotate, move and prune with the programs for AWS and SOPS."""
    with scratch("stores") as folder, Sandbox(options.bin, "--kind", "confidential-basic") as sandbox:
        place = Place(folder)
        sops_keys(place, options)
        with secrets_manager(place, options.venv):
            place.env["MCPAUTH_STORE_PROGRAMS"] = "mcpauth-store-aws,mcpauth-store-sops"
            commands = {"aws": ["mcpauth-store-aws"], "sops": ["mcpauth-store-sops", "--folder", "kept"]}

            def write(store: str) -> None:
                servers = {"s": f"{sandbox.origin}/confidential-basic/mcp"}
                (folder / "servers.yaml").write_text(inventory(servers, secrets={"store": "exec", "command": commands[store]}))

            def mcpauth(*words: str, code: int = 0) -> str:
                outcome = run([options.bin / "mcpauth", *words], folder, place.env)
                check(f"mcpauth {' '.join(words)[:60]}", outcome.code == code, outcome)
                return outcome.out

            write("aws")
            mcpauth("apply", "--yes")
            secret = mcpauth("secrets", "get", "s")
            check("export has the secret", secret.strip() in mcpauth("export", "--to", "dotenv", "--secrets", "inline"))
            mcpauth("rotate", "s", "--yes")
            renewed = mcpauth("secrets", "get", "s")
            check("rotate renewed it", renewed != secret)
            words = [word for part in commands["sops"] for word in ("--command", part)]
            mcpauth("secrets", "move", "--to", "exec", *words, "--remove")
            check("the old store is empty", json.loads(place.ask(commands["aws"], verb="list").out) == {"names": []})
            write("sops")
            check("the new store has it", mcpauth("secrets", "get", "s") == renewed)
            mcpauth("apply", "--yes")
            mcpauth("plan", "--detailed-exitcode")
            mcpauth("secrets", "check")
            check("no secret in an argument of a tool", place.log and secret.strip() not in place.log and renewed.strip() not in place.log)


def main() -> int:
    made = parser(__doc__)
    made.add_argument("--venv", type=lambda text: Path(text).resolve(), default=ROOT / ".build" / "venvs" / "stores", help="the Python environment")
    made.add_argument("--only", action="append", metavar="CASE", help="only these cases, by the name of their function")
    options = made.parse_args()
    cases = [conformance, sops, onepassword, gcp, azure, aws, through_mcpauth]
    return run_cases(Checks(), cases, options, only=options.only)


if __name__ == "__main__":
    sys.exit(main())
