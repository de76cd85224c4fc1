"""Real consumers read what `mcpauth export` writes for them, and sign in at the sandbox with the clients that it registered.

Codex and Claude Code run the whole authorization code flow; LiteLLM loads its configuration; kubectl reads the Secrets. If a consumer
cannot sign in to a server, the export must name it with the reason.

    python run_consumers.py --venvs FOLDER [--bin .build/debug] [--only NAME]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from loaders import check_kubectl, check_litellm
from programs import ClaudeCode, Codex
from shapes import check_shapes
from support import Checks, Sandbox, free_port, parser, scratch
from world import CASES, Case, Outside, World, reasons



def check_sign_in(check: Checks, consumer: Codex | ClaudeCode, world: World, folder: Path, what: str, never: set[str]) -> None:
    """For every server, the consumer is signed in, or the export has said that it cannot sign in.

    - Parameter never: the servers whose clients the consumer cannot use with any version of the export.
    """
    exported, said = world.export(consumer.target, consumer.secrets)
    for name in world.cases:
        label = f"{consumer.target}, {what}: {name}"
        before = world.tokens_issued(name)
        login, status = consumer.sign_in(world, name, exported, folder / consumer.target / what / name)
        is_signed_in = consumer.is_signed_in(login, status) and world.tokens_issued(name) == before + 1
        if name in never:
            check(f"{label} is not signed in", not is_signed_in, f"{login}\n{status}")
            check(f"{label}: the export gives the reason", reasons(said, name), said)
            continue
        check(f"{label} is signed in", is_signed_in, f"{login}\n{status}")
        check(f"{label}: the export gives no reason against a sign-in", not reasons(said, name), said)
        names = [key for key, _ in login.parameters]
        check(f"{label}: no parameter of the authorization request occurs twice", len(names) == len(set(names)), names)
        asked = dict(login.parameters).get("scope")
        if scopes := world.lock[name]["scopes"]:
            check(f"{label}: requests the locked scopes", set(scopes) <= set((asked or "").split()), asked)


def main() -> int:
    made = parser(__doc__)
    made.add_argument("--venvs", type=Path, required=True, help="holds consumers-programs and consumers-litellm")
    made.add_argument("--only", action="append", choices=["codex", "claude-code", "litellm", "kubectl", "shapes"])
    options = made.parse_args()
    asked = options.only or ["codex", "claude-code", "litellm", "kubectl", "shapes"]
    mcpauth, venvs = options.bin / "mcpauth", options.venvs.resolve()
    programs = venvs / "consumers-programs"
    check, outside = Checks(), Outside()
    with scratch("consumers") as folder:
        with Sandbox(options.bin) as sandbox:
            consumers = {"claude-code": {"callback_port": free_port()}, "codex": {"callback_port": free_port()}}
            world = World(mcpauth, sandbox, folder / "named", CASES, {"consumers": consumers})
            for consumer in (Codex, ClaudeCode):
                if consumer.target in asked:
                    check_sign_in(check, consumer(programs, outside), world, folder, "named", {"post-beside-basic"})
            if "claude-code" in asked:
                # Its redirect URI has the host name. With the IP address it would be another redirect URI.
                public = {"public": Case("well-known", "none", {})}
                number = World(
                    mcpauth, sandbox, folder / "number", public, {"redirect_uris": [f"http://127.0.0.1:{free_port()}/callback"]}
                )
                check_sign_in(check, ClaudeCode(programs, outside), number, folder, "127.0.0.1 only", {"public"})
            if "litellm" in asked:
                check_litellm(check, world, venvs / "consumers-litellm", outside, folder)
            if "kubectl" in asked:
                check_kubectl(check, world, programs, outside, folder)
            if "shapes" in asked:
                check_shapes(check, mcpauth, folder / "shapes")
        check("no program sent a request to another host than loopback", not outside.asked, outside.asked)
    return check.finish()


if __name__ == "__main__":
    sys.exit(main())
