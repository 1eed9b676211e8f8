"""Certificates of the nodes, made by the shipped script, and the one that callers see."""

import shutil
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drill import shipped
from drill.folder import Folder
from drill.plan import ADDRESSES, DATA, EDGE, ETCD, SERVE, SITE
from drill.wires import run

_SCRIPT: Final = shipped.FOLDER / "certificates.sh"


def make_certificates(folder: Folder) -> None:
    """Makes certificates for all nodes that serve others; each node gets only its own."""
    made = folder.path / "authority"
    for node in (*ETCD, *DATA, *SERVE):
        kind = "server" if node in SERVE else "peer"
        more = [ADDRESSES[edge] for edge in EDGE] + [SITE] if node in DATA else []
        run("sh", str(_SCRIPT), str(made), kind, node, ADDRESSES[node], *more)
    shutil.copyfile(made / "ca.pem", folder.authority)
    for node in (*ETCD, *DATA, *SERVE):
        mine = folder.certificates(node)
        shutil.copyfile(folder.authority, mine / "ca.pem")
        shutil.copyfile(made / f"{node}.pem", mine / "node.pem")
        if node not in SERVE:
            _give(made / f"{node}.key", mine / "node.key", group="postgres" if node in DATA else None)
    _make_public(folder)


def _give(key: Path, place: Path, *, group: str | None) -> None:
    place.touch(mode=0o600)
    place.write_bytes(key.read_bytes())
    if group is not None:
        shutil.chown(place, "root", group)
        place.chmod(0o640)


def _make_public(folder: Folder) -> None:
    """Makes a self-signed certificate for the site's address, valid for a week."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SITE)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(SITE))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    pkcs8 = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption())
    folder.tls.write_bytes(public)
    folder.tls_and_key.touch(mode=0o600)
    folder.tls_and_key.write_bytes(public + private)
