"""Additions of `deploy/ha` to the unit on service nodes and the job node; the database is the host's own."""

import tempfile
from pathlib import Path
from typing import Final

from drill import shipped
from drill.daemons import LIMITS
from drill.one_host.machine import Check, Machine, Put
from drill.plan import ADDRESSES
from drill.running import DEMO
from drill.wires import run

_NODE: Final = "s1"
_CERTIFICATES: Final = "/etc/mshield-site"
_UNIT: Final = "mshield.service"
_DROP_IN: Final = f"/etc/systemd/system/{_UNIT}.d/site.conf"


def drill(machine: Machine, put: Put, check: Check, *, origin: str) -> None:
    """Makes the unit serve TLS with two processes, then run the jobs, and removes the additions."""
    _certify(machine, put)
    _set(machine, put, origin)
    put(_DROP_IN, shipped.filled("serve.conf", ADDRESS=ADDRESSES[_NODE], CERTIFICATES=_CERTIFICATES))
    _restart(machine)
    check("serves by TLS as a node of a site", lambda: _ready(machine), seconds=60)
    put(_DROP_IN, shipped.filled("jobs.conf"))
    _restart(machine)
    check("runs the jobs as a node of a site", lambda: machine.steady(_UNIT))
    machine("rm", _DROP_IN)
    _restart(machine)


def _restart(machine: Machine) -> None:
    machine("systemctl", "daemon-reload")
    machine("systemctl", "restart", _UNIT)


def _certify(machine: Machine, put: Put) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run("sh", str(shipped.FOLDER / "certificates.sh"), folder, "server", _NODE, ADDRESSES[_NODE])
        for ours, theirs in {"ca.pem": "ca.pem", f"{_NODE}.pem": "node.pem"}.items():
            put(f"{_CERTIFICATES}/{theirs}", (Path(folder) / ours).read_text())
    machine("chown", "mshield:", f"{_CERTIFICATES}/node.pem")
    machine("chmod", "600", f"{_CERTIFICATES}/node.pem")
    machine("ip", "address", "add", f"{ADDRESSES[_NODE]}/24", "dev", "lo")


def _set(machine: Machine, put: Put, origin: str) -> None:
    """Writes the site's settings, except for the database, and the master key where they expect it."""
    ours = {"MSHIELD_DATABASE": "postgresql:///mshield?host=/run/postgresql"} | DEMO | LIMITS
    text = shipped.filled("mshield.env", CERTIFICATES=_CERTIFICATES, ORIGIN=origin)
    put(
        "/etc/mshield/mshield.env", text + "".join(f"{name}={value}\n" for name, value in ours.items()), 0o640
    )
    key = ("/var/lib/mshield/keys/master.key", "/etc/mshield/master.key")
    machine("install", "-o", "mshield", "-g", "mshield", "-m", "600", *key)


def _ready(machine: Machine) -> bool:
    status = ("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}")
    authority = ("--cacert", f"{_CERTIFICATES}/ca.pem")
    return machine(*status, *authority, f"https://{ADDRESSES[_NODE]}:8000/readyz", check=False) == "200"
