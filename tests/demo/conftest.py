"""The service with both business systems of the demonstration beside it, each a process of its own, and phones."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from mshield.client.phone import VirtualPhone
from mshield.client.portal import PortalClient
from mshield.demo.browser import Browser
from mshield.demo.systems import BusinessSystem, palm_customs, single_window
from tests import legal_person
from tests.service import EXAMPLES, LiveService, enrolled, free_ports

HOOKS = {"MSHIELD_WEBHOOK_HTTP": "true", "MSHIELD_WEBHOOK_NETWORKS": "127.0.0.0/8,::1/128"}


@dataclass(slots=True)
class Demonstration:
    """All that runs; `phone` is the operator's, with a certificate that is not bound yet."""

    service: LiveService
    phone: VirtualPhone
    window: BusinessSystem
    palm: BusinessSystem
    root: bytes

    @property
    def shield_number(self) -> str:
        """Of the operator's phone."""
        return self.phone.certificate().shield_number

    @contextlib.contextmanager
    def portal(self) -> Iterator[PortalClient]:
        """The legal person at his portal."""
        with legal_person.at_the_portal(self.service) as portal:
            yield portal


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """One for all tests of a worker."""
    folder = tmp_path_factory.mktemp("demonstration")
    service = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}", settings=HOOKS)
    service.prepare()
    service.start()
    try:
        with contextlib.ExitStack() as running:
            root = httpx.get(f"{service.origin}/pki/root.cer", trust_env=False).raise_for_status().content
            (folder / "root.cer").write_bytes(root)
            first = free_ports(2)
            window = single_window(service, port=first, examples=EXAMPLES, root=folder / "root.cer")
            palm = palm_customs(service, port=first + 1, examples=EXAMPLES, root=folder / "root.cer")
            processes = [(each, running.enter_context(each.running())) for each in (window, palm)]
            phone = running.enter_context(enrolled(service))
            for system, process in processes:
                system.wait(process)
            yield Demonstration(service, phone, window, palm, root)
    finally:
        service.stop()


@pytest.fixture
def window(demonstration: Demonstration) -> Iterator[Browser]:
    """A browser at the Single Window, nobody logged in."""
    with Browser(demonstration.window.origin) as browser:
        yield browser


@pytest.fixture
def palm(demonstration: Demonstration) -> Iterator[Browser]:
    """The phone's browser at palm customs, nobody logged in."""
    with Browser(demonstration.palm.origin) as browser:
        yield browser


def started(system: BusinessSystem, folder: Path, port: int, **environment: str) -> BusinessSystem:
    """The same system as another process with a database of its own, and these settings changed."""
    changed = system.environment | {"DATABASE": str(folder / "other.db")} | environment
    return BusinessSystem(
        package=system.package, port=port, examples=system.examples, folder=folder, environment=changed
    )
