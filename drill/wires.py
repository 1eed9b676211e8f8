"""The nodes' network namespaces on one bridge without an address, so that no traffic leaves the machine."""

import os
import subprocess
from pathlib import Path
from typing import Final

from drill.plan import ADDRESSES, PREFIX, WAY

_BRIDGE: Final = f"{PREFIX}bridge"
NEAR: Final = "near"
FAR: Final = "far"
"""Prefix of the devices of `drill.distance` on the node in between."""


def run(*command: str, check: bool = True, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command; if it fails, raises an exception with its output."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, input=text)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done


def inside(node: str, *command: str) -> tuple[str, ...]:
    """Returns the command that runs `command` on a node."""
    return ("ip", "netns", "exec", PREFIX + node, *command)


def require_namespaces() -> None:
    """Raises RuntimeError if this user or machine can't make network namespaces and mounts."""
    if os.geteuid() != 0:
        raise RuntimeError("the drill makes network namespaces and mounts disks: run it as root")
    probe = f"{PREFIX}probe"
    try:
        run("ip", "netns", "add", probe)
    finally:
        run("ip", "netns", "del", probe, check=False)


def wire() -> None:
    """Creates the namespaces and links them."""
    run("ip", "link", "add", _BRIDGE, "type", "bridge")
    run("ip", "link", "set", _BRIDGE, "up")
    for node, address in ADDRESSES.items():
        name = PREFIX + node
        run("ip", "netns", "add", name)
        run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", name, "master", _BRIDGE, "up")
        run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0")
        run("ip", "-n", name, "link", "set", "eth0", "up")
        run("ip", "-n", name, "link", "set", "lo", "up")


def unwire() -> None:
    """Removes all namespaces and links, including those of an earlier drill."""
    for node in ADDRESSES:
        # Delete the link first, since its namespace disappears only some time later.
        run("ip", "link", "del", PREFIX + node, check=False)
        run("ip", "netns", "del", PREFIX + node, check=False)
    run("ip", "link", "del", _BRIDGE, check=False)


def link(node: str, *, up: bool) -> None:
    """Unplugs the node's cable, or plugs it in again."""
    run("ip", "link", "set", PREFIX + node, "up" if up else "down")


def wall(node: str, *others: str) -> None:
    """Drops packets between the node and these others."""
    there = ", ".join(ADDRESSES[other] for other in others)
    rules = (
        "table inet wall {\n"
        f" chain in {{ type filter hook input priority 0; ip saddr {{ {there} }} drop; }}\n"
        f" chain out {{ type filter hook output priority 0; ip daddr {{ {there} }} drop; }}\n"
        "}\n"
    )
    run(*inside(node, "nft", "-f", "-"), text=rules)


def unwall(node: str) -> None:
    """Removes the node's packet filter."""
    run(*inside(node, "nft", "delete", "table", "inet", "wall"), check=False)


def send_through_way(node: str) -> None:
    """Moves the end of the node's cable to the node in between, whose devices take its packets."""
    way = PREFIX + WAY
    run("ip", "link", "set", PREFIX + node, "netns", way)
    run("ip", "-n", way, "address", "flush", "dev", "eth0")
    for bridge, device, cable in (("to-all", NEAR, "eth0"), ("to-one", FAR, PREFIX + node)):
        run("ip", "-n", way, "link", "add", bridge, "type", "bridge")
        for link in (device, cable):
            run("ip", "-n", way, "link", "set", link, "master", bridge, "up")
        run("ip", "-n", way, "link", "set", bridge, "up")


def send_directly(node: str) -> None:
    """Connects the node directly again."""
    way = PREFIX + WAY
    run("ip", "-n", way, "link", "set", PREFIX + node, "netns", str(os.getpid()), check=False)
    run("ip", "link", "set", PREFIX + node, "master", _BRIDGE, "up")
    for bridge in ("to-all", "to-one"):
        run("ip", "-n", way, "link", "del", bridge, check=False)


def exists(node: str) -> bool:
    """Returns whether the node's namespace exists."""
    return Path(f"/run/netns/{PREFIX}{node}").exists()


def holds(node: str, address: str) -> bool:
    """Returns whether the node has this address."""
    return f" {address}/" in run("ip", "-n", PREFIX + node, "address", check=False).stdout
