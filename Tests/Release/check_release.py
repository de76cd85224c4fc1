#!/usr/bin/env python3
"""Checks the files of a release, and that it runs on a system without other packages. `examples/release/check` runs it with its requirements.

    Tests/Release/check_release.py --release DIR --bin DIR --bookworm DIR [--again DIR] [--only CASE]

--bookworm is a Debian 12 made by debootstrap, --again a second build of the same commit, --bin the folder of mcpauth-sandbox. Ends with
`N passed, N failed`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import ROOT, Checks, Outcome, Sandbox, run, run_cases

# The kinds of examples/quickstart.
KINDS = ("challenge", "path-issuer", "confidential-basic", "expiring", "managed", "cimd", "open")
ENCRYPTED = b"-----BEGIN AGE ENCRYPTED FILE-----\n"
GLIBC = re.compile(r"lib(c|m|dl|pthread|resolv|rt)\.so\.\d+|ld-linux[\w-]*\.so\.\d+")


class Release:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
        self.tarball = self.one(".tar.gz")
        self.name = self.tarball.name.removesuffix(".tar.gz")
        self.version = re.fullmatch(r"mcpauth-(.+)-linux-\w+", self.name)[1]
        self.package, self.image = self.one(".deb"), self.one(".oci.tar")
        self.sbom = json.loads(self.one(".cdx.json").read_text())

    def one(self, ending: str) -> Path:
        found = [self.folder / name for name in self.sums if name.endswith(ending)]
        assert len(found) == 1, f"{len(found)} files end with {ending}"
        return found[0]


class Room:
    """A temporary folder, which is removed with all its content."""

    def __enter__(self) -> Path:
        self.folder = Path(tempfile.mkdtemp(prefix="mcpauth-release."))
        return self.folder

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder)


def plain(*words: object) -> Outcome:
    return run(list(words), ROOT, dict(os.environ))


def contents(check: Checks, options) -> None:
    """checksums, names, owners and times of the files"""
    release = options.release
    check("SHA256SUMS names four files", len(release.sums) == 4 and {Path(name).suffix for name in release.sums} == {".gz", ".deb", ".tar", ".json"}, release.sums)
    for name, digest in release.sums.items():
        check(f"{name}: the checksum is right", hashlib.sha256((release.folder / name).read_bytes()).hexdigest() == digest)
    time = release.sbom["metadata"]["timestamp"]
    with tarfile.open(release.tarball) as tar:
        members = tar.getmembers()
        names = {member.name.removeprefix(f"{release.name}/") for member in members if member.isfile()}
        tar_time = plain("date", "-u", "-d", f"@{members[0].mtime}", "+%Y-%m-%dT%H:%M:%SZ").out.strip()
    wanted = {
        "bin/mcpauth", "share/man/man1/mcpauth.1", "share/bash-completion/completions/mcpauth", "share/zsh/site-functions/_mcpauth",
        "share/fish/vendor_completions.d/mcpauth.fish", "share/doc/mcpauth/THIRD-PARTY-LICENSES.txt", "share/doc/mcpauth/sbom.cdx.json",
    }
    check("the tarball has program, manual page, completions, licences and SBOM", names == wanted, names ^ wanted)
    check("all files belong to root", all((member.uid, member.gid) == (0, 0) for member in members))
    check("all files have the time of the commit", len({member.mtime for member in members}) == 1 and tar_time == time, (tar_time, time))
    check("only the owner can write", all(not member.mode & 0o022 for member in members))
    fields = dict(line.split(": ", 1) for line in plain("dpkg-deb", "--field", release.package).out.splitlines() if re.match(r"\w[\w-]*: ", line))
    depends = re.fullmatch(r"libc6 \(>= (2\.\d+)\)", fields["Depends"])
    check("the Debian package needs glibc only", fields["Version"] == release.version and depends is not None, fields)
    listed = plain("dpkg-deb", "--contents", release.package).out
    check("the Debian package has the same files at Debian's places",
          all(f"./usr/{name}" in listed for name in ("bin/mcpauth", "share/man/man1/mcpauth.1.gz", "share/zsh/vendor-completions/_mcpauth", "share/doc/mcpauth/copyright"))
          and set(re.findall(r"^\S+ (\S+)", listed, re.M)) == {"root/root"}, listed)


def program(check: Checks, options) -> None:
    """stripped, needs only glibc, contains no path of the build machine"""
    release = options.release
    with Room() as room:
        plain("tar", "-xzf", release.tarball, "-C", room)
        binary = room / release.name / "bin" / "mcpauth"
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", plain("readelf", "-d", binary).out)
        check("it needs only glibc", needed and all(GLIBC.fullmatch(name) for name in needed), needed)
        check("it has no RUNPATH", not re.search(r"\((RPATH|RUNPATH)\)", plain("readelf", "-d", binary).out))
        check("what the start has relocated is read-only",
              "GNU_RELRO" in plain("readelf", "-lW", binary).out and "BIND_NOW" in plain("readelf", "-d", binary).out)
        check("it has at most 38 MB", binary.stat().st_size <= 38_000_000, binary.stat().st_size)
        sections = plain("readelf", "-SW", binary).out
        check("it is stripped", ".text" in sections and ".symtab" not in sections and ".debug" not in sections, sections)
        held = binary.read_bytes()
        paths = {path.decode() for path in re.findall(rb"[\x21-\x7e]*/checkouts/", held) if not path.startswith(b"/release/build/")}
        check("it contains no path of the build", not paths and not any(word in held for word in (b".build-release", str(ROOT).encode())), paths)
        check("its version is that of the release", plain(binary, "--version").out == f"mcpauth {release.version}\n")


def sbom(check: Checks, options) -> None:
    """CycloneDX, with name, version, revision and licence of each part"""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    release = options.release
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(release.sbom))
    check("it is valid CycloneDX 1.6", problem is None, problem)
    parts = {part["name"]: part for part in release.sbom["components"]}
    for name, part in parts.items():
        revision = [entry["value"] for entry in part["properties"] if entry["name"] == "revision"]
        check(f"{name}: version, revision and licence", part["version"] and revision and part["licenses"][0].get("expression"), part)
    check("libyaml and the Swift runtime are in it", {"libyaml-dev", "swift-runtime", "swift-nio", "swift-crypto"} <= set(parts), list(parts))
    check("packages that only the sandbox uses are not in it", "hummingbird" not in parts)
    commit = plain("git", "rev-parse", "HEAD").out.strip()
    own = release.sbom["metadata"]["component"]
    check("it names the commit", own["version"] == release.version and own["properties"] == [{"name": "revision", "value": commit}], own)
    with tarfile.open(release.tarball) as tar:
        texts = tar.extractfile(f"{release.name}/share/doc/mcpauth/THIRD-PARTY-LICENSES.txt").read().decode()
    check("each part's licence text is in the tarball", all(f"\n{name} {part['version']}: " in texts for name, part in parts.items()))


def quickstart(check: Checks, what: str, sandbox: Sandbox, command: list[object]) -> None:
    """The plan and the apply of examples/quickstart; `command` runs mcpauth in a folder with servers.yaml."""
    first = plain(*command, "plan")
    check(f"{what}: plan", first.code == 0 and " blocked" not in first.out, first)
    clients = len(sandbox.get("clients"))
    applied = plain(*command, "apply", "--yes")
    check(f"{what}: apply registers clients", applied.code == 0 and " failed" not in applied.out and len(sandbox.get("clients")) == clients + 5, applied)
    again = plain(*command, "plan", "--detailed-exitcode")
    check(f"{what}: a second plan has no changes", again.code == 0, again)


def inside(root: Path, *words: object, **variables: str) -> list[object]:
    """A command in that root folder, with /proc, from which a program reads its arguments, and without variables of this machine."""
    enter = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
    named = [f"{name}={value}" for name, value in variables.items()]
    return ["unshare", "--mount", "sh", "-c", enter, root, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *named, *words]


def mcpauth(root: Path, program: str, sandbox: Sandbox) -> list[object]:
    return inside(root, "sh", "-c", 'cd /work && exec "$0" "$@"', program, MCPAUTH_VAR_SANDBOX_PORT=sandbox.origin.rsplit(":", 1)[1])


def started(options) -> Sandbox:
    return Sandbox(options.bin, *(word for kind in KINDS for word in ("--kind", kind)))


def bare(room: Path, options) -> Path:
    """A new Debian 12, with servers.yaml in /work."""
    root = room / "root"
    subprocess.run(["cp", "-a", str(options.bookworm), str(root)], check=True)
    (root / "work").mkdir()
    shutil.copy(ROOT / "examples" / "sandbox.yaml", root / "work" / "servers.yaml")
    return root


def tarball(check: Checks, options) -> None:
    """the tarball runs quickstart's plan and apply in a bare Debian 12"""
    with Room() as room, started(options) as sandbox:
        root = bare(room, options)
        plain("tar", "-xzf", options.release.tarball, "-C", root / "opt")
        quickstart(check, "tarball", sandbox, mcpauth(root, f"/opt/{options.release.name}/bin/mcpauth", sandbox))
        records = list((root / "work" / "servers.secrets").rglob("*.age"))
        check("tarball: the secrets are encrypted", records and all(path.read_bytes().startswith(ENCRYPTED) for path in records), records)
        modes = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in (root / "work" / ".mcpauth").rglob("*") if path.is_file()}
        check("tarball: only their owner can read the files of the runs", modes and all(not int(mode, 8) & 0o077 for name, mode in modes.items() if name != ".gitignore"), modes)


def package(check: Checks, options) -> None:
    """the Debian package installs in a bare Debian 12, runs quickstart's plan and apply, and is removed again"""
    with Room() as room, started(options) as sandbox:
        root = bare(room, options)
        shutil.copy(options.release.package, root / "mcpauth.deb")
        installed = plain(*inside(root, "dpkg", "--install", "/mcpauth.deb"))
        check("package: dpkg installs it", installed.code == 0, installed)
        quickstart(check, "package", sandbox, mcpauth(root, "mcpauth", sandbox))
        verified = plain(*inside(root, "dpkg", "--verify", "mcpauth"))
        check("package: dpkg verifies the files", verified.code == 0 and not verified.out, verified)
        removed = plain(*inside(root, "dpkg", "--purge", "mcpauth"))
        check("package: dpkg removes it", removed.code == 0 and not (root / "usr/bin/mcpauth").exists(), removed)


def image(check: Checks, options) -> None:
    """the image: buildah reads it, and it runs quickstart's plan and apply as a user other than root"""
    with Room() as room, started(options) as sandbox:
        def buildah(*words: object) -> Outcome:
            return plain("buildah", "--root", room / "storage", "--runroot", room / "run", "--storage-driver", "vfs", *words)

        made = buildah("from", "--name", "mcpauth", f"oci-archive:{options.release.image}")
        check("image: buildah reads the archive", made.code == 0, made)
        config = json.loads(buildah("inspect", "mcpauth").out)["OCIv1"]["config"]
        check("image: user, entry point and folder", (config["User"], config["Entrypoint"], config["WorkingDir"]) == ("65532:65532", ["/usr/bin/mcpauth"], "/work"), config)
        root = Path(buildah("mount", "mcpauth").out.strip())
        bundle = (root / "etc/ssl/certs/ca-certificates.crt").read_text()
        check("image: Debian's certificate authorities", bundle.count("BEGIN CERTIFICATE") > 100)
        check("image: no shell", not list(root.glob("bin/*sh")) and not list(root.glob("usr/bin/*sh")))
        shutil.copy(ROOT / "examples" / "sandbox.yaml", root / "work" / "servers.yaml")
        port = sandbox.origin.rsplit(":", 1)[1]
        quickstart(check, "image", sandbox, [
            "buildah", "--root", room / "storage", "--runroot", room / "run", "--storage-driver", "vfs", "run", "--isolation", "chroot",
            "--env", f"MCPAUTH_VAR_SANDBOX_PORT={port}", "mcpauth", "--", "/usr/bin/mcpauth",
        ])
        owners = {path.stat().st_uid for path in (root / "work").rglob("*") if path.name != "servers.yaml"}
        check("image: its files belong to its user", owners == {65532}, owners)
        listed = json.loads(tarfile.open(options.release.image).extractfile("manifest.json").read())
        check("image: `docker load` finds its parts", all(part in tarfile.open(options.release.image).getnames() for part in [listed[0]["Config"], *listed[0]["Layers"]]), listed)
        buildah("rm", "--all")


def reproduced(check: Checks, options) -> None:
    """a second build of the commit, in another folder, gives the same bytes"""
    if options.again is None:
        print("skipped: no second build (examples/release/check --reproduce)")
        return
    sums = Release(options.again).sums
    for name, digest in options.release.sums.items():
        check(f"{name}: the same bytes", sums.get(name) == digest, (digest, sums.get(name)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("release", "bin", "bookworm"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--again", type=Path)
    parser.add_argument("--only", action="append", help="only these cases, by the name of their function")
    options = parser.parse_args()
    options.release = Release(options.release.resolve())
    options.bin, options.bookworm = options.bin.resolve(), options.bookworm.resolve()
    assert options.release.name.endswith(platform.machine()), "this release is for another kind of machine"
    all_cases = [contents, program, sbom, tarball, package, image, reproduced]
    return run_cases(Checks(), all_cases, options, only=options.only)


if __name__ == "__main__":
    sys.exit(main())
