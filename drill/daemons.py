"""What runs on each kind of node, started from the files of `deploy/ha`."""

import secrets
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drill import processes
from drill.plan import ADDRESSES, EDGE, ORIGIN, PORT, SITE
from drill.shipped import filled, settings
from drill.wires import run

DISK_MB: Final = 700
MSHIELD: Final = (sys.executable, "-m", "mshield.cli")
_SMS: Final = {
    "MSHIELD_SMS_GATEWAY": "aliyun",
    "MSHIELD_SMS_KEY_ID": "none",
    "MSHIELD_SMS_KEY_SECRET": "none",
    "MSHIELD_SMS_SIGN_NAME": "示例",
    "MSHIELD_SMS_TEMPLATES": '{"code":"SMS_1","lost":"SMS_2","restored":"SMS_3"}',
}
# All phones and systems of the drill call from one address.
_LIMITS: Final = {
    "MSHIELD_REQUESTS_PER_SYSTEM": "1000000",
    "MSHIELD_REQUESTS_PER_ADDRESS": "1000000",
    "MSHIELD_OPENS_PER_MINUTE": "1000000",
}


def postgresql_programs() -> Path:
    """The folder of the newest PostgreSQL's programs. Raises RuntimeError where none is installed."""
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not installed:
        raise RuntimeError("the drill needs PostgreSQL: scripts/install-test-needs")
    return max(installed, key=lambda folder: float(folder.parent.name))


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the drill keeps what its nodes keep."""

    path: Path

    def of(self, node: str) -> Path:
        """A node's own."""
        folder = self.path / node
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        return folder

    def disk(self, node: str) -> Path:
        """A database node's disk."""
        return self.of(node) / "disk"

    def log(self, node: str, name: str) -> Path:
        """What one of its programs writes."""
        return self.of(node) / f"{name}.log"

    def secret(self, name: str) -> str:
        """A password that is invented once."""
        path = self.path / "secrets" / name
        if not path.exists():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text()

    @property
    def tls(self) -> Path:
        """The site's certificate, which is its own authority."""
        return self.path / "tls.pem"


def start_etcd(folder: Folder, node: str) -> None:
    """One of three."""
    config = folder.of(node) / "etcd.yml"
    data = folder.of(node) / "data"
    text = filled("etcd.yml", NODE=node, ADDRESS=ADDRESSES[node], DATA=str(data))
    config.write_text(text)
    processes.start(node, folder.log(node, "etcd"), "etcd", "--config-file", str(config))


def start_database(folder: Folder, node: str) -> None:
    """Patroni, which starts PostgreSQL on the node's disk."""
    disk, config = folder.disk(node), folder.of(node) / "patroni.yml"
    disk.mkdir(exist_ok=True)
    if not disk.is_mount():
        options = f"size={DISK_MB}m,mode=0750,uid=postgres,gid=postgres"
        run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk))
    config.touch(mode=0o600)
    config.write_text(
        filled(
            "patroni.yml",
            NODE=node,
            ADDRESS=ADDRESSES[node],
            DATA=str(disk),
            PROGRAMS=str(postgresql_programs()),
            MEMORY="64MB",
            WATCHDOG="off",
            PASSWORD_SUPERUSER=folder.secret("superuser"),
            PASSWORD_REPLICATOR=folder.secret("replicator"),
            PASSWORD_REWIND=folder.secret("rewind"),
        )
    )
    shutil.chown(config, "postgres", "postgres")
    shutil.chown(folder.of(node), "postgres", "postgres")
    # Debian's program for Debian's Python: nothing of this one's.
    plain = {"PYTHONPATH": "", "VIRTUAL_ENV": ""}
    log = folder.log(node, "patroni")
    processes.start(node, log, "/usr/bin/patroni", str(config), user="postgres", environment=plain)


def start_edge(folder: Folder, node: str) -> None:
    """HAProxy and keepalived."""
    mine, peer = folder.of(node), next(edge for edge in EDGE if edge != node)
    (mine / "haproxy.cfg").write_text(filled("haproxy.cfg", CERTIFICATE=str(folder.path / "tls-and-key.pem")))
    processes.start(node, folder.log(node, "haproxy"), "haproxy", "-db", "-f", str(mine / "haproxy.cfg"))
    priority = "150" if node == EDGE[0] else "100"
    text = filled(
        "keepalived.conf", NODE=node, ADDRESS=ADDRESSES[node], PEER=ADDRESSES[peer], PRIORITY=priority
    )
    config = mine / "keepalived.conf"
    config.write_text(text)
    config.chmod(0o644)
    # Its own, as all nodes have one /run.
    pids = [f"--{name}={mine}/{name}" for name in ("pid", "vrrp_pid", "checkers_pid", "bfd_pid")]
    keepalived = ("keepalived", "--dont-fork", "--log-console", "--vrrp", f"--use-file={config}", *pids)
    processes.start(node, folder.log(node, "keepalived"), *keepalived)


def service_settings(folder: Folder, node: str) -> dict[str, str]:
    """The service's environment at a node."""
    values = settings("mshield.env", PASSWORD=folder.secret("mshield"), ORIGIN=ORIGIN)
    return (
        values
        | _SMS
        | _LIMITS
        | {
            "MSHIELD_MASTER_KEY_FILE": str(folder.path / "master.key"),
            "MSHIELD_HIGH_WATER_FOLDER": str(folder.of(node) / "high-water"),
        }
    )


def set_clock(folder: Folder, node: str, *, days: int) -> None:
    """How far ahead of the machine's a node's clock is, within a second; its steady clock goes on as it did."""
    file = folder.of(node) / "clock"
    new = file.with_suffix(".new")
    new.write_text(f"{days:+d}d\n")
    new.replace(file)


def _clock(folder: Folder, node: str) -> dict[str, str]:
    """The environment of a process that goes by the node's clock. Raises RuntimeError where libfaketime is missing."""
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        raise RuntimeError("the drill needs libfaketime: scripts/install-test-needs")
    file = folder.of(node) / "clock"
    if not file.exists():
        set_clock(folder, node, days=0)
    return {
        "LD_PRELOAD": str(libraries[0]),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_RESET": "1",
    }


def start_service(folder: Folder, node: str, **more: str) -> None:
    """The service, by the node's clock; `more` goes into its environment."""
    address = ("--host", ADDRESSES[node], "--port", str(PORT))
    proxies = ("--trust-proxy", ",".join(ADDRESSES[edge] for edge in EDGE))
    processes.start(
        node,
        folder.log(node, "serve"),
        *(*MSHIELD, "serve", *address, *proxies),
        environment=service_settings(folder, node) | _clock(folder, node) | more,
    )


def start_jobs(folder: Folder, node: str) -> None:
    """The jobs."""
    processes.start(
        node, folder.log(node, "jobs"), *MSHIELD, "jobs", "run", environment=service_settings(folder, node)
    )


def make_certificate(folder: Folder) -> None:
    """A certificate of the site's address, for a week."""
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
    both = folder.path / "tls-and-key.pem"
    both.touch(mode=0o600)
    both.write_bytes(public + private)
