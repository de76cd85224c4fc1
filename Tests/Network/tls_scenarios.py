"""Certificates that are not to be believed, each told apart, and the two ways to add an authority (InventoryReference#Network)."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from authority import Authority
from web_site import Site, running
from world import Report, World

HERE = "DNS:localhost,IP:127.0.0.1"

# What is wrong with the certificate, and the words for it. No two alike.
REFUSED = {
    "wrong-host": "it names elsewhere.example, 10.0.0.1",
    "expired": "the certificate has expired",
    "of-the-future": "the certificate is not valid yet",
    "self-signed": "the certificate is self-signed",
    "of-another-authority": "the certificate is from an unknown authority",
    "without-intermediate": "the certificate is from an unknown authority",
}


def certificates(folder: Path, names: str) -> tuple[Authority, Authority]:
    """The authority that the tests believe, and one that they do not, with a certificate of every kind for `names`."""
    ours, other = Authority(folder / "ours"), Authority(folder / "other")
    ours.issue("good", names)
    ours.issue("wrong-host", "DNS:elsewhere.example,IP:10.0.0.1")
    ours.issue("expired", names, ends="20200201000000Z")
    ours.issue("of-the-future", names, begins="20980101000000Z")
    ours.issue_self_signed("self-signed", names)
    ours.issue_by_intermediate("without-intermediate", names, sends_intermediate=False)
    ours.issue_by_intermediate("with-intermediate", names, sends_intermediate=True)
    other.issue("of-another-authority", names)
    return ours, other


class Impostor(Site):
    """A proxy that answers in place of the server that a tunnel is asked for."""

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(30)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += request.recv(1)
        request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        super().finish_request(request, client_address)


def check_impostor(report: Report, binary: Path, folder: Path, authority: Authority) -> None:
    """A certificate for the address that the proxy has, and for other names, is not one for the host of the URL."""
    names = "DNS:localhost,IP:127.0.0.1,DNS:*.example.test"
    for name, more in {"impostor": "", "named": ",DNS:mcp.wrong.test"}.items():
        authority.issue(name, names + more)
        for way in ("SSL_CERT_FILE", "network.ca_file"):
            world = World(binary, folder / f"{name}-{way}")
            blocks: dict[str, Any] = {"network": {"ca_file": str(authority.path)}} if way == "network.ca_file" else {}
            variables = {"SSL_CERT_FILE": str(authority.path)} if way == "SSL_CERT_FILE" else {}
            with running(Impostor(authority.context(name))) as site:
                site.origin = site.issuer = "https://mcp.wrong.test"
                world.write_inventory({"one": {"url": "https://mcp.wrong.test/mcp"}}, **blocks)
                run = world.mcpauth("plan", HTTPS_PROXY=f"http://127.0.0.1:{site.port}", **variables)
                if more:
                    report.check(f"{name}, {way}: taken", run.code == 0, run.text)
                    continue
                report.equal(f"{name}, {way}: exit code", run.code, 1)
                words = "the certificate is not for mcp.wrong.test: it names localhost, *.example.test, 127.0.0.1"
                report.check(f"{name}, {way}: says which names", words in run.text, run.text)
                report.check(f"{name}, {way}: unreachable", "unreachable" in run.text, run.text)
                report.equal(f"{name}, {way}: no request arrived", site.paths, [])


def tls(report: Report, binary: Path, folder: Path) -> None:
    ours, other = certificates(folder / "authorities", HERE)
    believed: dict[str, Any] = {"network": {"ca_file": str(ours.path)}}
    for name, words in REFUSED.items():
        signer = other if name == "of-another-authority" else ours
        world = World(binary, folder / name)
        check_refused(report, world, signer.context(name), f"a certificate {name}", words, believed)
    check_refused(
        report, World(binary, folder / "nobody"), ours.context("good"), "an authority that nobody named",
        REFUSED["of-another-authority"], {},
    )  # fmt: skip
    for host in ("localhost", "127.0.0.1"):
        for name in ("good", "with-intermediate"):
            world = World(binary, folder / f"{name}-{host}")
            check_believed(report, world, ours.context(name), f"{name}, {host}, network.ca_file", host, believed)
    world = World(binary, folder / "variable")
    check_believed(report, world, ours.context("good"), "SSL_CERT_FILE", "localhost", {}, SSL_CERT_FILE=str(ours.path))
    world = World(binary, folder / "both")
    both = {"network": {"ca_file": str(other.path)}}
    check_believed(report, world, ours.context("good"), "both of them", "localhost", both, SSL_CERT_FILE=str(ours.path))
    check_impostor(report, binary, folder, ours)
    check_files(report, binary, folder)
    check_old_protocol(report, World(binary, folder / "old"), ours, believed)


def check_refused(
    report: Report, world: World, context: ssl.SSLContext, what: str, words: str, blocks: dict[str, Any]
) -> None:
    """`unreachable` with its own words, every time, and not a byte of HTTP arrived."""
    with running(Site(context)) as site:
        world.write_inventory({"one": {"url": f"https://localhost:{site.port}/mcp"}}, **blocks)
        applied = world.mcpauth("apply", "--yes")
        report.equal(f"{what}: exit code", applied.code, 1)
        report.check(f"{what}: unreachable", "unreachable" in applied.text, applied.text)
        report.check(f"{what}: says '{words}'", words in applied.text, applied.text)
        others = [other for other in set(REFUSED.values()) if other != words and other in applied.text]
        report.equal(f"{what}: and nothing else", others, [])
        report.equal(f"{what}: no request arrived", site.paths, [])
        report.check(f"{what}: there was a connection", site.connections > 0)


def check_believed(
    report: Report,
    world: World,
    context: ssl.SSLContext,
    what: str,
    host: str,
    blocks: dict[str, Any],
    **variables: str,
) -> None:
    with running(Site(context)) as site:
        site.origin = site.issuer = f"https://{host}:{site.port}"
        world.write_inventory({"one": {"url": site.origin + "/mcp"}}, **blocks)
        applied = world.mcpauth("apply", "--yes", **variables)
        report.check(f"{what}: exit code 0", applied.code == 0, applied.text)
        report.equal(f"{what}: one registration", site.paths.count("POST /register"), 1)


def check_files(report: Report, binary: Path, folder: Path) -> None:
    """A file of authorities that is none is said before any request."""
    world = World(binary, folder / "files")
    (world.folder / "nonsense.pem").write_text("no PEM at all\n", encoding="utf-8")
    servers = {"one": {"url": "https://localhost:9/mcp"}}
    for path in ("nonsense.pem", "missing.pem"):
        world.write_inventory(servers, network={"ca_file": path})
        run = world.mcpauth("apply", "--yes")
        report.check(f"ca_file {path}: an error of its own", run.code != 0 and path in run.text, run.text)
        report.check(f"ca_file {path}: with its line", "servers.yaml:" in run.text, run.text)
        world.write_inventory(servers)
        run = world.mcpauth("apply", "--yes", SSL_CERT_FILE=str(world.folder / path))
        said = "SSL_CERT_FILE" in run.text and path in run.text
        report.check(f"SSL_CERT_FILE {path}: an error of its own", run.code != 0 and said, run.text)


def check_old_protocol(report: Report, world: World, authority: Authority, blocks: dict[str, Any]) -> None:
    """TLS 1.1 is not spoken: a failed handshake, and no word of the certificate, which is right."""
    context = authority.context("good")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with running(Site(context)) as site:
        world.write_inventory({"one": {"url": f"https://localhost:{site.port}/mcp"}}, **blocks)
        applied = world.mcpauth("apply", "--yes")
        report.check("TLS 1.1: the handshake failed", "the TLS handshake failed" in applied.text, applied.text)
        report.check("TLS 1.1: nothing of a certificate", "certificate" not in applied.text, applied.text)
        report.equal("TLS 1.1: no request arrived", site.paths, [])
