"""Programs of each kind of node, started from the files of `deploy/ha`."""

import shutil
import sys
from pathlib import Path
from typing import Final

from drill import processes
from drill.folder import Folder
from drill.plan import ADDRESSES, EDGE, ORIGIN, PORT
from drill.shipped import FOLDER as SHIPPED
from drill.shipped import filled, settings
from drill.wires import run

DISK_MB: Final = 700
MSHIELD: Final = (sys.executable, "-m", "mshield.cli.main")
PATRONI: Final = "/usr/bin/patroni"
_ON_FAILURE: Final = ("sh", "-c", 'until "$@"; do sleep 1; done', "sh")
"""Shell command that repeats another command until it succeeds."""
_SMS: Final = {
    "MSHIELD_SMS_GATEWAY": "aliyun",
    "MSHIELD_SMS_KEY_ID": "none",
    "MSHIELD_SMS_KEY_SECRET": "none",
    "MSHIELD_SMS_SIGN_NAME": "示例",
    "MSHIELD_SMS_TEMPLATES": '{"code":"SMS_1","lost":"SMS_2","restored":"SMS_3"}',
}
# High limits, because all phones and systems of the drill call from one address.
LIMITS: Final = {
    "MSHIELD_REQUESTS_PER_SYSTEM": "1000000",
    "MSHIELD_REQUESTS_PER_ADDRESS": "1000000",
    "MSHIELD_OPENS_PER_MINUTE": "1000000",
}


def postgresql_programs() -> Path:
    """Returns the program folder of the newest PostgreSQL. Raises RuntimeError if none is installed."""
    installed = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not installed:
        raise RuntimeError("the drill needs PostgreSQL: scripts/install-test-needs")
    return max(installed, key=lambda folder: float(folder.parent.name))


def start_etcd(folder: Folder, node: str) -> None:
    """Starts one of the three etcd processes."""
    config = folder.of(node) / "etcd.yml"
    data = folder.of(node) / "data"
    words = {"NODE": node, "ADDRESS": ADDRESSES[node], "CERTIFICATES": str(folder.certificates(node))}
    config.write_text(filled("etcd.yml", DATA=str(data), **words))
    processes.start(node, folder.log(node, "etcd"), "etcd", "--config-file", str(config))


def start_database(folder: Folder, node: str) -> None:
    """Starts Patroni as systemd would, which starts PostgreSQL on the node's disk, and the guard of its loop."""
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
            CERTIFICATES=str(folder.certificates(node)),
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
    # Patroni is Debian's program and runs under Debian's Python, without this Python's environment.
    plain = {
        "PYTHONPATH": "",
        "VIRTUAL_ENV": "",
        "HOME": str(disk),
    }  # libpq looks for certificates in the home folder
    log = folder.log(node, "patroni")
    own_clock = _clock(folder, node) if (folder.of(node) / "clock").exists() else {}
    # Set by the node's own user, because libfaketime's shared memory belongs to the first process that uses
    # it.
    command = ("env", *(f"{name}={value}" for name, value in own_clock.items()), PATRONI, str(config))
    processes.start(node, log, *_ON_FAILURE, *command, user="postgres", environment=plain)
    url, end = f"https://{ADDRESSES[node]}:8008", ("pkill", "-KILL", "-f", f"[p]ython3 {PATRONI} {config}")
    guard = str(SHIPPED / "patroni-guard")
    processes.start(node, folder.log(node, "guard"), guard, url, str(folder.authority), *end)


def start_edge(folder: Folder, node: str) -> None:
    """Starts HAProxy and keepalived."""
    mine, peer = folder.of(node), next(edge for edge in EDGE if edge != node)
    certificates = {"CERTIFICATE": str(folder.tls_and_key), "CERTIFICATES": str(folder.path)}
    words = certificates | {"ADDRESS": ADDRESSES[node], "SOCKET": str(mine / "haproxy.sock")}
    (mine / "haproxy.cfg").write_text(filled("haproxy.cfg", **words))
    processes.start(node, folder.log(node, "haproxy"), "haproxy", "-db", "-f", str(mine / "haproxy.cfg"))
    priority = "150" if node == EDGE[0] else "100"
    text = filled(
        "keepalived.conf", NODE=node, ADDRESS=ADDRESSES[node], PEER=ADDRESSES[peer], PRIORITY=priority
    )
    config = mine / "keepalived.conf"
    config.write_text(text)
    config.chmod(0o644)
    # Each node needs pid files of its own, because all nodes share one /run.
    pids = [f"--{name}={mine}/{name}" for name in ("pid", "vrrp_pid", "checkers_pid", "bfd_pid")]
    keepalived = ("keepalived", "--dont-fork", "--log-console", "--vrrp", f"--use-file={config}", *pids)
    processes.start(node, folder.log(node, "keepalived"), *keepalived)


def service_settings(folder: Folder, node: str) -> dict[str, str]:
    """Returns the environment of the service on a node."""
    password, authority = folder.secret("mshield"), str(folder.path)
    values = settings("mshield.env", PASSWORD=password, CERTIFICATES=authority, ORIGIN=ORIGIN)
    return (
        values
        | _SMS
        | LIMITS
        | {
            "MSHIELD_MASTER_KEY_FILE": str(folder.path / "master.key"),
            "MSHIELD_HIGH_WATER_FOLDER": str(folder.of(node) / "high-water"),
        }
    )


def pooled_settings(folder: Folder) -> dict[str, str]:
    """Returns the settings that change when PgBouncer is used."""
    return settings("pooler.env", PASSWORD=folder.secret("mshield"), CERTIFICATES=str(folder.path))


def start_pooler(folder: Folder, node: str) -> None:
    """Starts PgBouncer on a service node."""
    mine = folder.of(node) / "pgbouncer"
    mine.mkdir(mode=0o755, exist_ok=True)
    users, config = mine / "users", mine / "pgbouncer.ini"
    users.touch(mode=0o640)
    users.write_text(f'"mshield" "{folder.secret("mshield")}"\n')
    shutil.chown(users, "root", "postgres")
    config.write_text(filled("pgbouncer.ini", CERTIFICATES=str(folder.path), USERS=str(users)))
    processes.start(node, folder.log(node, "pgbouncer"), "/usr/sbin/pgbouncer", str(config), user="postgres")


def set_clock(folder: Folder, node: str, *, days: int) -> None:
    """Sets a node's clock this many days ahead, within a second; its monotonic clock isn't changed."""
    file = folder.of(node) / "clock"
    new = file.with_suffix(".new")
    new.write_text(f"{days:+d}d\n")
    new.replace(file)


def take_clock_away(folder: Folder, node: str) -> None:
    """Makes processes started from now on use the machine's clock."""
    (folder.of(node) / "clock").unlink(missing_ok=True)


def _clock(folder: Folder, node: str) -> dict[str, str]:
    """Returns the environment that applies the node's clock. Raises RuntimeError if libfaketime is missing."""
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
    """Starts the service with the node's clock; `more` is added to its environment."""
    address = ("--host", ADDRESSES[node], "--port", str(PORT))
    proxies = ("--trust-proxy", ",".join(ADDRESSES[edge] for edge in EDGE))
    tls = ("--tls", str(folder.certificates(node) / "node.pem"))
    processes.start(
        node,
        folder.log(node, "serve"),
        *(*MSHIELD, "serve", *address, *proxies, *tls),
        environment=service_settings(folder, node) | _clock(folder, node) | more,
    )


def start_jobs(folder: Folder, node: str) -> None:
    """Starts the jobs."""
    processes.start(
        node, folder.log(node, "jobs"), *MSHIELD, "jobs", "run", environment=service_settings(folder, node)
    )
