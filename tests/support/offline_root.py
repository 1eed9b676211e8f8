"""A root on another machine: `openssl` with an SM2 key, which knows nothing of this project."""

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from mshield.pki.asn1 import pem
from mshield.wire.times import DAY_MS

_ID: Final = "distid:1234567812345678"
ROOT_EXTENSIONS: Final = """\
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
"""
_CONFIG: Final = """\
[ca]
default_ca=root
[root]
database={folder}/index.txt
crlnumber={folder}/crlnumber
default_md=sm3
crl_extensions=list
[list]
authorityKeyIdentifier=keyid:always
"""


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y%m%d%H%M%SZ")


@dataclass(frozen=True)
class OfflineRoot:
    """Folder with key, certificate and revocation database; made by `make_root`."""

    folder: Path
    made_at: int

    @property
    def certificate(self) -> bytes:
        """Certificate (DER)."""
        (der,) = pem.decode("CERTIFICATE", (self.folder / "root.pem").read_text(encoding="ascii"))
        return der

    def sign(
        self,
        request: bytes,
        extensions: str,
        *,
        days: int = 3650,
        start: int | None = None,
        subject: str | None = None,
    ) -> bytes:
        """Signs a request (DER) whose own signature `openssl` verifies; returns the certificate (DER)."""
        start = self.made_at if start is None else start
        (self.folder / "request.csr").write_text(pem.encode("CERTIFICATE REQUEST", request), encoding="ascii")
        (self.folder / "request.ext").write_text(extensions, encoding="utf-8")
        openssl(self.folder, "req", "-in", "request.csr", "-verify", "-vfyopt", _ID, "-noout")
        arguments = ["-in", "request.csr", "-vfyopt", _ID, "-CA", "root.pem", "-CAkey", "root.key"]
        arguments += ["-sigopt", _ID, "-sm3", "-extfile", "request.ext", "-out", "made.pem"]
        arguments += ["-not_before", _day(start), "-not_after", _day(start + days * DAY_MS)]
        arguments += [] if subject is None else ["-subj", subject]
        openssl(self.folder, "x509", "-req", *arguments)
        (der,) = pem.decode("CERTIFICATE", (self.folder / "made.pem").read_text(encoding="ascii"))
        return der

    def revoke(self, certificate: bytes, *, at: int, reason: str = "keyCompromise") -> None:
        """Puts a certificate (DER) on the next list, revoked at `at` (ms)."""
        (self.folder / "revoked.pem").write_text(pem.encode("CERTIFICATE", certificate), encoding="ascii")
        self._ca("-revoke", "revoked.pem", "-crl_reason", reason)
        index = self.folder / "index.txt"  # `openssl ca` writes the time of this machine
        until, _, *rest = index.read_text(encoding="utf-8").splitlines()[-1].split("\t")[1:]
        index.write_text("\t".join(("R", until, f"{_day(at)[2:]},{reason}", *rest)) + "\n", encoding="utf-8")

    def crl(self, *, at: int, days: int = 365) -> bytes:
        """Makes the next revocation list (DER)."""
        until = _day(at + days * DAY_MS)
        self._ca("-gencrl", "-out", "list.pem", "-crl_lastupdate", _day(at), "-crl_nextupdate", until)
        (der,) = pem.decode("X509 CRL", (self.folder / "list.pem").read_text(encoding="ascii"))
        return der

    def _ca(self, *arguments: str) -> None:
        fixed = ("-config", "ca.cnf", "-keyfile", "root.key", "-cert", "root.pem", "-sigopt", _ID)
        openssl(self.folder, "ca", *fixed, *arguments)


def openssl(folder: Path, *arguments: str) -> str:
    """Runs the command in `folder` and returns its output; fails the test if it fails."""
    if shutil.which("openssl") is None:
        pytest.fail("the openssl command is missing; install with: apt-get install openssl")
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_root(
    folder: Path,
    *,
    now: int,
    name: str = "/C=CN/O=宁波电子口岸/CN=离线根 Root CA",
    extensions: str = ROOT_EXTENSIONS,
    days: int = 7300,
) -> OfflineRoot:
    """Makes key and self-signed certificate of a root."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "root.ext").write_text(extensions, encoding="utf-8")
    (folder / "index.txt").touch()
    (folder / "crlnumber").write_text("01\n", encoding="ascii")
    (folder / "ca.cnf").write_text(_CONFIG.format(folder=folder), encoding="utf-8")
    openssl(folder, "genpkey", "-algorithm", "SM2", "-out", "root.key")
    arguments = ["-key", "root.key", "-subj", name, "-utf8", "-sigopt", _ID, "-sm3", "-out", "root.csr"]
    openssl(folder, "req", "-new", *arguments)
    arguments = ["-in", "root.csr", "-vfyopt", _ID, "-signkey", "root.key", "-sigopt", _ID, "-sm3"]
    arguments += ["-extfile", "root.ext", "-not_before", _day(now), "-not_after", _day(now + days * DAY_MS)]
    openssl(folder, "x509", "-req", *arguments, "-out", "root.pem")
    return OfflineRoot(folder, now)
