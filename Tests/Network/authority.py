"""A certificate authority in a folder, made with the `openssl` command."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

SETTINGS = """
[ca]
default_ca = it
[it]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:true
"""
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    """Signs certificates with any dates; `path` is the certificate of the authority."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.path = folder / "ca.pem"
        (folder / "index.txt").touch()
        (folder / "ca.cnf").write_text(SETTINGS, encoding="utf-8")
        subject = ("-subj", f"/CN={folder.name}")
        self._openssl("req", "-x509", *KEY, "-days", "30", *subject, "-keyout", "ca.key", "-out", "ca.pem")

    def _openssl(self, *arguments: str) -> None:
        finished = subprocess.run(
            ["openssl", *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode != 0:
            raise AssertionError(f"openssl {arguments[0]}: {finished.stderr}")

    def issue(self, name: str, names: str, begins: str = "20200101000000Z", ends: str = "20991231000000Z") -> None:
        """A certificate for `names` (`DNS:localhost,IP:127.0.0.1`) in `NAME.pem`, its key in `NAME.key`."""
        self._request(name, names)
        self._sign(name, "ca", begins, ends)

    def issue_by_intermediate(self, name: str, names: str, sends_intermediate: bool) -> None:
        """The same, signed by an intermediate authority, whose certificate the server sends or leaves out."""
        self._request("between", "DNS:between")
        self._sign("between", "ca", "20200101000000Z", "20991231000000Z", "-extensions", "authority")
        self._request(name, names)
        self._sign(name, "between", "20200101000000Z", "20991231000000Z")
        if sends_intermediate:
            chain = [(self.folder / f"{one}.pem").read_text(encoding="utf-8") for one in (name, "between")]
            (self.folder / f"{name}.pem").write_text("".join(chain), encoding="utf-8")

    def issue_self_signed(self, name: str, names: str) -> None:
        subject = ("-subj", "/CN=server", "-addext", f"subjectAltName={names}")
        self._openssl("req", "-x509", *KEY, "-days", "30", *subject, "-keyout", f"{name}.key", "-out", f"{name}.pem")

    def _request(self, name: str, names: str) -> None:
        subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName={names}")
        self._openssl("req", *KEY, *subject, "-keyout", f"{name}.key", "-out", f"{name}.csr")

    def _sign(self, name: str, by: str, begins: str, ends: str, *more: str) -> None:
        # Only the command `ca` of openssl can set any dates.
        signer = ("-keyfile", f"{by}.key", "-cert", f"{by}.pem")
        dates = ("-startdate", begins, "-enddate", ends)
        self._openssl(
            "ca",
            "-batch",
            "-config",
            "ca.cnf",
            *signer,
            "-in",
            f"{name}.csr",
            *dates,
            *more,
            "-notext",
            "-out",
            f"{name}.pem",
        )

    def context(self, name: str) -> ssl.SSLContext:
        """A TLS context for a server with this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context
