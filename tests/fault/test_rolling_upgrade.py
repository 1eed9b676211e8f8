"""The last release and this one serve side by side: migration under load, both in turn, this one alone, and back.

Each call of a phone and of its business system goes to the other version than the previous one.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from mshield.client import BusinessClient, Document
from mshield.server.database.migrate import pending
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, Person
from mshield.testkit.phone import VirtualPhone
from tests.support import last_release
from tests.support.by_turns import Turns, balancer
from tests.support.live_service import EXAMPLES, LiveService, apply, log_in, register
from tests.support.old_schema import migrations_in

pytestmark = pytest.mark.slow

_SECONDS: Final = 60.0
_EACH: Final = 2
"""Signatures of each phone in each phase."""

_PREPARE: Final = """
import sys
from mshield.cli.main import main
for line in sys.argv[1:]:
    main([*line.split(), "--json"], standalone_mode=False)
"""


@dataclass
class Signer:
    """A phone that signs continuously for a business system; records acknowledged signatures and errors."""

    phone: VirtualPhone
    business: BusinessClient
    pin: str
    signed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    over: bool = False

    def sign(self) -> None:
        asked = self.business.request_signature(
            [Document(title="报关单", media_type="text/plain", content=b"text")]
        )
        self.phone.scan(asked.qr)
        self.phone.approve(pin=self.pin)
        assert self.business.status(asked.id).state == "signed"
        self.signed.append(asked.id)

    def run(self) -> None:
        while not self.over:
            try:
                self.sign()
            except Exception as error:  # noqa: BLE001  # whatever a caller sees
                self.failed.append(repr(error))
                return


@pytest.fixture
def last(empty_postgresql_url: str, tmp_path: Path) -> Iterator[tuple[LiveService, Turns]]:
    """The last release behind a load balancer, on its own schema."""
    source = last_release.old_program(tmp_path / "last", last_release.kept().commit)
    with balancer() as (address, turns):
        service = LiveService(
            tmp_path,
            empty_postgresql_url,
            settings={"PYTHONPATH": source},
            balancer=address,
            fresh=True,
        )
        lines = (
            "keys init",
            "migrate",
            "ca init",
            "business add 单一窗口 --domain singlewindow.example",
        )
        decoder, rest, system = json.JSONDecoder(), _commands(service, *lines).strip(), {}
        while rest:
            printed, end = decoder.raw_decode(rest)
            rest = rest[end:].strip()
            if "client_secret" in printed:
                system = printed
        service.system = system
        service.by_two("filing", "import", str(EXAMPLES / "filing.csv"))
        turns.to(service.origin)
        service.start()
        try:
            yield service, turns
        finally:
            service.stop()


def _commands(service: LiveService, *lines: str) -> str:
    """Runs commands of the service's own program and returns what they print."""
    done = subprocess.run(
        (sys.executable, "-c", _PREPARE, *lines),
        env=service.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _enrolled(service: LiveService, person: Person) -> Signer:
    phone = service.phone(person.phone)
    register(service, phone, person)
    log_in(service, phone, person)
    apply(service, phone, person)
    return Signer(phone, service.business(), person.pin)


def _go_on(signers: list[Signer]) -> None:
    """Returns once each phone has signed some more."""
    wanted = [len(signer.signed) + _EACH for signer in signers]
    end = time.monotonic() + _SECONDS
    while any(len(signer.signed) < least for signer, least in zip(signers, wanted, strict=True)):
        assert [failure for signer in signers for failure in signer.failed] == []
        assert time.monotonic() < end
        time.sleep(0.05)


def test_last_release_and_this_one_serve_side_by_side(
    last: tuple[LiveService, Turns], empty_postgresql_url: str, tmp_path: Path
) -> None:
    old, turns = last
    source = last_release.new_program(tmp_path / "new", last_release.kept().commit)
    new = LiveService(
        old.folder,
        old.database,
        settings={"PYTHONPATH": source},
        system=old.system,
        balancer=old.balancer,
    )
    migrations = last_release.migrations_of(tmp_path / "new")
    signers = [_enrolled(old, person) for person in (OPERATOR, LEGAL_PERSON)]
    threads = [threading.Thread(target=signer.run) for signer in signers]
    for thread in threads:
        thread.start()
    try:
        _go_on(signers)
        with migrations_in(migrations):
            assert set(pending(empty_postgresql_url)) == set(last_release.kept().new_migrations()) != set()
            _commands(new, "migrate")
            assert pending(empty_postgresql_url) == []
        _go_on(signers)
        new.start()
        turns.to(old.origin, new.origin)
        _go_on(signers)
        assert min(turns.calls.get(new.origin, 0), turns.calls[old.origin]) > 0
        turns.to(new.origin)
        turns.drained()
        old.stop()
        _go_on(signers)
        # Roll back: the previous program on the current schema.
        old.start()
        turns.to(old.origin, new.origin)
        _go_on(signers)
        turns.to(old.origin)
        turns.drained()
        new.stop()
        _go_on(signers)
    finally:
        for signer in signers:
            signer.over = True
        for thread in threads:
            thread.join(_SECONDS)
    assert [failure for signer in signers for failure in signer.failed] == []
    for signer in signers:
        assert len(signer.signed) >= 6 * _EACH
        assert all(signer.business.status(request_id).state == "signed" for request_id in signer.signed)
        signer.phone.close()
        signer.business.close()
    new.command("jobs", "run", "--once", "--job", "log")
    assert new.command("log", "verify")["holds"] is True
    said = old.log.read_text()  # of both
    assert "CRITICAL" not in said
    assert "Traceback" not in said
