"""Certificates that must not be trusted, each with its own message, and the two ways to add an authority (InventoryReference#Network)."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from authority import Authority
from web_site import Site, running
from support import Checks, Place

HERE = "DNS:localhost,IP:127.0.0.1"

# The problem of each certificate, and the text of its message.
REFUSED = {
    "wrong-host": "it names elsewhere.example, 10.0.0.1",
    "expired": "the certificate has expired",
    "of-the-future": "the certificate is not valid yet",
    "self-signed": "the certificate is self-signed",
    "of-another-authority": "the certificate is from an unknown authority",
    "without-intermediate": "the certificate is from an unknown authority",
}


def certificates(folder: Path, names: str) -> tuple[Authority, Authority]:
    """An authority that mcpauth trusts here, and one that it does not, with a certificate of every kind for `names`."""
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
    """A proxy that answers in place of the server of the requested tunnel."""

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(30)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += request.recv(1)
        request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        super().finish_request(request, client_address)


def check_impostor(check: Checks, binary: Path, folder: Path, authority: Authority) -> None:
    """A certificate for the proxy's own address and for other names is not valid for the host of the URL."""
    names = "DNS:localhost,IP:127.0.0.1,DNS:*.example.test"
    for name, more in {"impostor": "", "named": ",DNS:mcp.wrong.test"}.items():
        authority.issue(name, names + more)
        for way in ("SSL_CERT_FILE", "network.ca_file"):
            place = Place(binary, folder / f"{name}-{way}")
            blocks: dict[str, Any] = {"network": {"ca_file": str(authority.path)}} if way == "network.ca_file" else {}
            variables = {"SSL_CERT_FILE": str(authority.path)} if way == "SSL_CERT_FILE" else {}
            with running(Impostor(authority.context(name))) as site:
                site.origin = site.issuer = "https://mcp.wrong.test"
                place.write_inventory({"one": {"url": "https://mcp.wrong.test/mcp"}}, **blocks)
                run = place.mcpauth("plan", HTTPS_PROXY=f"http://127.0.0.1:{site.port}", **variables)
                if more:
                    check(f"{name}, {way}: accepted", run.code == 0, run.text)
                    continue
                check.equal(f"{name}, {way}: exit code", run.code, 1)
                words = "the certificate is not for mcp.wrong.test: it names localhost, *.example.test, 127.0.0.1"
                check(f"{name}, {way}: says which names", words in run.text, run.text)
                check(f"{name}, {way}: unreachable", "unreachable" in run.text, run.text)
                check.equal(f"{name}, {way}: no request arrived", site.paths, [])


def tls(check: Checks, binary: Path, root: Path) -> None:
    """Certificates that are refused, and certificates that are accepted."""
    folder = root / "tls"
    folder.mkdir()
    ours, other = certificates(folder / "authorities", HERE)
    believed: dict[str, Any] = {"network": {"ca_file": str(ours.path)}}
    for name, words in REFUSED.items():
        signer = other if name == "of-another-authority" else ours
        place = Place(binary, folder / name)
        check_refused(check, place, signer.context(name), f"a certificate {name}", words, believed)
    check_refused(
        check, Place(binary, folder / "nobody"), ours.context("good"), "an authority that nobody named",
        REFUSED["of-another-authority"], {},
    )  # fmt: skip
    for host in ("localhost", "127.0.0.1"):
        for name in ("good", "with-intermediate"):
            place = Place(binary, folder / f"{name}-{host}")
            check_believed(check, place, ours.context(name), f"{name}, {host}, network.ca_file", host, believed)
    place = Place(binary, folder / "variable")
    check_believed(check, place, ours.context("good"), "SSL_CERT_FILE", "localhost", {}, SSL_CERT_FILE=str(ours.path))
    place = Place(binary, folder / "both")
    both = {"network": {"ca_file": str(other.path)}}
    check_believed(check, place, ours.context("good"), "both of them", "localhost", both, SSL_CERT_FILE=str(ours.path))
    check_impostor(check, binary, folder, ours)
    check_files(check, binary, folder)
    check_old_protocol(check, Place(binary, folder / "old"), ours, believed)


def check_refused(
    check: Checks, place: Place, context: ssl.SSLContext, what: str, words: str, blocks: dict[str, Any]
) -> None:
    """`unreachable` with the message of this problem; no byte of HTTP arrived."""
    with running(Site(context)) as site:
        place.write_inventory({"one": {"url": f"https://localhost:{site.port}/mcp"}}, **blocks)
        applied = place.mcpauth("apply", "--yes")
        check.equal(f"{what}: exit code", applied.code, 1)
        check(f"{what}: unreachable", "unreachable" in applied.text, applied.text)
        check(f"{what}: says '{words}'", words in applied.text, applied.text)
        others = [other for other in set(REFUSED.values()) if other != words and other in applied.text]
        check.equal(f"{what}: no other message", others, [])
        check.equal(f"{what}: no request arrived", site.paths, [])
        check(f"{what}: there was a connection", site.connections > 0)


def check_believed(
    check: Checks,
    place: Place,
    context: ssl.SSLContext,
    what: str,
    host: str,
    blocks: dict[str, Any],
    **variables: str,
) -> None:
    with running(Site(context)) as site:
        site.origin = site.issuer = f"https://{host}:{site.port}"
        place.write_inventory({"one": {"url": site.origin + "/mcp"}}, **blocks)
        applied = place.mcpauth("apply", "--yes", **variables)
        check(f"{what}: exit code 0", applied.code == 0, applied.text)
        check.equal(f"{what}: one registration", site.paths.count("POST /register"), 1)


def check_files(check: Checks, binary: Path, folder: Path) -> None:
    """An invalid file of authorities is an error before any request."""
    place = Place(binary, folder / "files")
    (place.folder / "nonsense.pem").write_text("no PEM at all\n", encoding="utf-8")
    servers = {"one": {"url": "https://localhost:9/mcp"}}
    for path in ("nonsense.pem", "missing.pem"):
        place.write_inventory(servers, network={"ca_file": path})
        run = place.mcpauth("apply", "--yes")
        check(f"ca_file {path}: an error with the path", run.code != 0 and path in run.text, run.text)
        check(f"ca_file {path}: with its line", "servers.yaml:" in run.text, run.text)
        place.write_inventory(servers)
        run = place.mcpauth("apply", "--yes", SSL_CERT_FILE=str(place.folder / path))
        said = "SSL_CERT_FILE" in run.text and path in run.text
        check(f"SSL_CERT_FILE {path}: an error with the path", run.code != 0 and said, run.text)


def check_old_protocol(check: Checks, place: Place, authority: Authority, blocks: dict[str, Any]) -> None:
    """TLS 1.1 is not supported: the handshake fails, and the message does not name the certificate, which is valid."""
    context = authority.context("good")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with running(Site(context)) as site:
        place.write_inventory({"one": {"url": f"https://localhost:{site.port}/mcp"}}, **blocks)
        applied = place.mcpauth("apply", "--yes")
        check("TLS 1.1: the handshake failed", "the TLS handshake failed" in applied.text, applied.text)
        check("TLS 1.1: the message does not name the certificate", "certificate" not in applied.text, applied.text)
        check.equal("TLS 1.1: no request arrived", site.paths, [])
