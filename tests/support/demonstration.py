"""The service with both business systems of the demonstration, each in its own process, and a phone."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from mshield.testkit.demo.systems import BusinessSystem, palm_customs, single_window
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.portal import PortalClient
from tests.support import legal_person
from tests.support.live_service import EXAMPLES, LiveService, enrolled
from tests.support.ports import free_ports

HOOKS: Final = {"MSHIELD_WEBHOOK_HTTP": "true", "MSHIELD_WEBHOOK_NETWORKS": "127.0.0.0/8,::1/128"}


@dataclass(slots=True)
class Demonstration:
    """The running demonstration; `phone` is the operator's, with a certificate that isn't bound yet."""

    service: LiveService
    phone: VirtualPhone
    window: BusinessSystem
    palm: BusinessSystem
    root: bytes

    @property
    def shield_number(self) -> str:
        """Shield number of the operator's phone."""
        return self.phone.certificate().shield_number

    @contextlib.contextmanager
    def portal(self) -> Iterator[PortalClient]:
        """Logs the legal representative in to the portal."""
        with legal_person.at_the_portal(self.service) as portal:
            yield portal


@contextlib.contextmanager
def demonstration_in(folder: Path) -> Iterator[Demonstration]:
    """Runs the demonstration with its files in this folder."""
    first = free_ports(2)
    places = {"single_window": f"http://localhost:{first}", "palm_customs": f"http://localhost:{first + 1}"}
    settings = HOOKS | {"MSHIELD_DEMO_SYSTEMS": json.dumps(places)}
    service = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}", settings=settings)
    service.prepare()
    service.start()
    try:
        with contextlib.ExitStack() as running:
            root = httpx.get(f"{service.origin}/pki/root.cer", trust_env=False).raise_for_status().content
            (folder / "root.cer").write_bytes(root)
            window = single_window(service, port=first, examples=EXAMPLES, root=folder / "root.cer")
            palm = palm_customs(service, port=first + 1, examples=EXAMPLES, root=folder / "root.cer")
            processes = [(each, running.enter_context(each.running())) for each in (window, palm)]
            phone = running.enter_context(enrolled(service))
            for system, process in processes:
                system.wait(process)
            yield Demonstration(service, phone, window, palm, root)
    finally:
        service.stop()


def started(system: BusinessSystem, folder: Path, port: int, **environment: str) -> BusinessSystem:
    """Returns the same system for another process with a database of its own and changed settings."""
    changed = system.environment | {"DATABASE": str(folder / "other.db")} | environment
    return BusinessSystem(
        package=system.package, port=port, examples=system.examples, folder=folder, environment=changed
    )
