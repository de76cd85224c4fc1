"""LemonLDAP::NG (Debian) as an OpenID provider with open registration, in Plack's own web server.

`running_lemonldap` starts it behind a `FrontDoor`. The files of its packages are in the folder where they were unpacked,
or at `/`; its configuration, its sessions and its keys are in the folder of the test.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from front_door import PeerBehindDoor, opens_at, running_front_door
from peer import Peer
from support import end, free_port, wait_until

PREFIX = "/oauth2"
LIBRARY = "usr/share/perl5"
PORTAL = "usr/share/lemonldap-ng/portal"
PLACKUP = Path("/usr/bin/plackup")
MAKES_A_KEY = """
my $key = Crypt::OpenSSL::RSA->generate_key(2048);
print $key->get_private_key_string, "\\0", $key->get_public_key_x509_string;
"""


def is_installed(root: Path) -> bool:
    return PLACKUP.exists() and (root / PORTAL / "htdocs/index.psgi").exists()


@contextmanager
def running_lemonldap(root: Path, folder: Path) -> Iterator[Peer]:
    with running_front_door() as door:
        port = free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "PERL5LIB": str(root / LIBRARY),
            "LLNG_DEFAULTCONFFILE": str(write_settings(root, folder, door.origin)),
        }
        command = [PLACKUP, "--env", "deployment", "--host", "127.0.0.1", "--port", port, root / PORTAL / "htdocs/index.psgi"]
        with (folder / "lemonldap.log").open("wb") as log:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=folder,
            )
            try:
                door.upstream_port = port
                wait_until_it_listens(process, f"http://127.0.0.1:{port}", folder)
                door.scopes = ["openid"]
                door.opens = opens_at(f"http://127.0.0.1:{port}{PREFIX}/userinfo")
                yield PeerBehindDoor(
                    door.origin,
                    door.origin + "/mcp",
                    folder / "none",
                    has_tools=False,
                    headers={"Cookie": "lemonldap=" + sign_in(f"http://127.0.0.1:{port}")},
                    # The button of its consent page.
                    parameters={"confirm": "1"},
                    door=door,
                    registration_path=PREFIX + "/register",
                )
            finally:
                end(process)


def write_settings(root: Path, folder: Path, origin: str) -> Path:
    """Its configuration: a File backend, which it writes at each registration, and the users of its demonstration mode."""
    made = [folder / name for name in ("conf", "sessions", "sessions/lock", "persistent", "persistent/lock", "cache")]
    for path in made:
        path.mkdir()
    private, public = make_key()
    settings = {
        "cfgNum": 1,
        "cfgDate": 1,
        "cfgVersion": "2.16.1",
        "portal": origin,
        "domain": "localhost",
        "cookieName": "lemonldap",
        "locationRules": {"localhost": {"default": "accept"}},
        "authentication": "Demo",
        "userDB": "Same",
        "passwordDB": "Null",
        "registerDB": "Null",
        "portalDisplayRegister": 0,
        "portalDisplayResetPassword": 0,
        "requireToken": 0,
        "whatToTrace": "_user",
        "globalStorage": "Apache::Session::File",
        "globalStorageOptions": {
            "Directory": str(folder / "sessions"),
            "LockDirectory": str(folder / "sessions/lock"),
            "generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256",
        },
        "persistentStorage": "Apache::Session::File",
        "persistentStorageOptions": {
            "Directory": str(folder / "persistent"),
            "LockDirectory": str(folder / "persistent/lock"),
        },
        "localSessionStorage": "Cache::FileCache",
        "localSessionStorageOptions": {"namespace": "sessions", "cache_root": str(folder / "cache")},
        "issuerDBOpenIDConnectActivation": 1,
        "oidcServiceAllowDynamicRegistration": 1,
        "oidcServicePrivateKeySig": private,
        "oidcServicePublicKeySig": public,
        "oidcServiceKeyIdSig": "test",
    }
    (folder / "conf/lmConf-1.json").write_text(json.dumps(settings), encoding="utf-8")
    path = folder / "lemonldap-ng.ini"
    path.write_text(
        f"""[all]
logLevel = warn
checkTime = 1
[configuration]
type = File
dirName = {folder}/conf
localStorage = Cache::FileCache
localStorageOptions = {{ 'namespace' => 'configuration', 'cache_root' => '{folder}/cache' }}
[portal]
staticPrefix = /static
templateDir = {root}/{PORTAL}/templates
languages = en
""",
        encoding="utf-8",
    )
    return path


def make_key() -> tuple[str, str]:
    """A private and a public RSA key, made by the library that it uses itself."""
    command = ["perl", "-MCrypt::OpenSSL::RSA", "-e", MAKES_A_KEY]
    made = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    private, _, public = made.stdout.partition("\0")
    return private, public


def sign_in(origin: str) -> str:
    """The session of a user of its demonstration mode."""
    form = urllib.parse.urlencode({"user": "dwho", "password": "dwho"}).encode()
    request = urllib.request.Request(origin + "/", form, {"Accept": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as response:
        return str(json.load(response)["id"])


def wait_until_it_listens(process: subprocess.Popen[bytes], origin: str, folder: Path) -> None:
    """Sends requests until it answers. It reads its configuration at the first request."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def answers() -> bool:
        try:
            with opener.open(origin + "/.well-known/openid-configuration", timeout=20) as response:
                return "registration_endpoint" in json.load(response)
        except (OSError, ValueError):
            if process.poll() is None:
                return False
            raise AssertionError(f"LemonLDAP::NG did not start:\n{(folder / 'lemonldap.log').read_text()}") from None

    wait_until("LemonLDAP::NG answers", answers, limit=60)
