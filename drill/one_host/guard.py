"""One database node under systemd: Patroni, and its guard, which ends a hung Patroni but not PostgreSQL."""

import re
import secrets
import tempfile
import time
from pathlib import Path
from typing import Final

from drill import shipped
from drill.one_host.machine import MOST_EXPOSURE, Check, Machine, Put
from drill.plan import ADDRESSES
from drill.wires import run

_ETCD, _NODE = "e1", "d1"
_CERTIFICATES: Final = "/etc/mshield-site"
_GUARD: Final = "patroni-guard.service"
_DATA: Final = "/var/lib/patroni"
_HUNG: Final = 60.0
_ASKED: Final = 6.0
"""Time in which the guard gets its first answer; after that it no longer tolerates a slow start."""


def drill(machine: Machine, put: Put, check: Check) -> None:
    """Starts the node as `docs/ha.md` says, with one etcd instead of three, and makes Patroni's loop hang."""
    _certify(machine, put)
    _start_etcd(machine, put)
    _start_patroni(machine, put)
    check("Patroni runs its PostgreSQL", lambda: _answer(machine, "primary"), seconds=90)
    check("the guard runs", lambda: machine.active(_GUARD))
    check("the guard is shut in", lambda: machine.exposure(_GUARD) <= MOST_EXPOSURE)
    time.sleep(_ASKED)
    patroni, postmaster = machine.of("patroni", "MainPID"), _postmaster(machine)
    machine("kill", "-STOP", patroni)
    check(
        "the guard ends a Patroni that hangs",
        lambda: machine.of("patroni", "MainPID") not in {patroni, "0"},
        seconds=_HUNG,
    )
    check("Patroni is back", lambda: _answer(machine, "primary"), seconds=_HUNG)
    check("and its PostgreSQL has gone on", lambda: _postmaster(machine) == postmaster, seconds=0)
    check("the guard runs again", lambda: machine.active(_GUARD))
    machine("systemctl", "disable", "--now", "patroni")
    check("the guard ends with Patroni", lambda: machine.of(_GUARD, "ActiveState") == "inactive")
    machine("systemctl", "disable", "--now", "etcd")


def _place(node: str) -> str:
    return f"{_CERTIFICATES}-{node}"


def _certify(machine: Machine, put: Put) -> None:
    """Makes the certificates of both nodes by the shipped script, and their addresses."""
    with tempfile.TemporaryDirectory() as folder:
        for node, group in {_ETCD: "etcd", _NODE: "postgres"}.items():
            run("sh", str(shipped.FOLDER / "certificates.sh"), folder, "peer", node, ADDRESSES[node])
            for ours, theirs in {
                "ca.pem": "ca.pem",
                f"{node}.pem": "node.pem",
                f"{node}.key": "node.key",
            }.items():
                put(f"{_place(node)}/{theirs}", (Path(folder) / ours).read_text(), 0o644)
            machine("chmod", "640", f"{_place(node)}/node.key")
            machine("chgrp", group, f"{_place(node)}/node.key")
            machine("ip", "address", "add", f"{ADDRESSES[node]}/24", "dev", "lo")


def _start_etcd(machine: Machine, put: Put) -> None:
    text = shipped.filled(
        "etcd.yml",
        NODE=_ETCD,
        ADDRESS=ADDRESSES[_ETCD],
        CERTIFICATES=_place(_ETCD),
        DATA="/var/lib/etcd/mshield",
    )
    alone = re.sub(r"^(initial-cluster: [^,]*),.*$", r"\1", text, flags=re.MULTILINE)
    put("/etc/etcd/etcd.yml", alone)
    put("/etc/default/etcd", 'DAEMON_ARGS="--config-file /etc/etcd/etcd.yml"\n')
    machine("systemctl", "restart", "etcd")


def _start_patroni(machine: Machine, put: Put) -> None:
    programs = machine("sh", "-c", "ls -d /usr/lib/postgresql/*/bin")
    text = shipped.filled(
        "patroni.yml",
        NODE=_NODE,
        ADDRESS=ADDRESSES[_NODE],
        CERTIFICATES=_place(_NODE),
        DATA=_DATA,
        PROGRAMS=programs,
        MEMORY="64MB",
        WATCHDOG="off",
        PASSWORD_SUPERUSER=secrets.token_urlsafe(),
        PASSWORD_REPLICATOR=secrets.token_urlsafe(),
        PASSWORD_REWIND=secrets.token_urlsafe(),
    )
    put("/etc/patroni/config.yml", text, 0o600)
    machine("chown", "postgres:", "/etc/patroni/config.yml")
    machine("install", "-d", "-o", "postgres", "-g", "postgres", "-m", "700", _DATA)
    put("/usr/local/sbin/patroni-guard", (shipped.FOLDER / "patroni-guard").read_text("utf-8"), 0o755)
    unit = shipped.filled(_GUARD, ADDRESS=ADDRESSES[_NODE], CERTIFICATES=_place(_NODE))
    put(f"/etc/systemd/system/{_GUARD}", unit)
    machine("systemctl", "daemon-reload")
    machine("systemctl", "enable", "patroni-guard")
    machine("systemctl", "restart", "patroni")


def _answer(machine: Machine, what: str) -> bool:
    url, authority = f"https://{ADDRESSES[_NODE]}:8008/{what}", f"{_place(_NODE)}/ca.pem"
    curl = ("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--cacert", authority)
    return machine(*curl, url, check=False) == "200"


def _postmaster(machine: Machine) -> str:
    return machine("sh", "-c", f"head -n 1 {_DATA}/postgresql/postmaster.pid", check=False)
