"""Renewal at an outside CA, and moving between CAs by renewal: what is in force, and what each CA is told."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, Protocol

import pytest

from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.server.certificates.end_renewals import end_renewals
from mshield.server.certificates.errors import CaBadCertificate, CaRefused, CaTimeout, CaUnavailable
from mshield.server.certificates.renew import Renew, Renewal
from mshield.server.certificates.rows import certificates
from mshield.server.certificates.rows.certificates import CertificateRow
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.errors import NotFound
from mshield.server.keys.keyring import Keyring
from mshield.wire.phone.enrolment import Reason
from tests.support.clock import Clock
from tests.support.issuing import change
from tests.support.killed_database import Died, MortalDatabase
from tests.support.ra_server import OutsideWorld, outside_world, running_ra
from tests.support.renewal import DAY, Renewing, make_renewing
from tests.support.signing import Phone, fetch

_COMMITS: Final = (
    "certificates.renewals.await_ca",
    "authorities.submissions.insert",
    "authorities.submissions.change",
    "certificates.changes.keep_signed",
    "certificates.renewals.issue",
)


@dataclass
class Moving:
    """A phone with a certificate, whose renewals go to the reference server."""

    renewing: Renewing
    outside: OutsideWorld

    @property
    def db(self) -> Database:
        """Database of the world."""
        return self.renewing.world.db

    def renew_by(self, db: Database | None = None, *, outside: bool = True) -> Renew:
        """Returns the renewals of a process on this database, with or without outside CAs."""
        on = db or self.db
        authorities = self.outside.certificates(on).outside if outside else None
        return replace(self.renewing.renew, db=on, outside=authorities)

    async def signed(self) -> Phone:
        """Renews up to the signed request."""
        begun = await self.renewing.begin()
        if begun.key == "same":
            await self.renewing.sign(self.renewing.old, begun.sid)
            return self.renewing.old
        new = await self.renewing.make_key(begun)
        consent = (await self.renewing.current()).consent
        assert consent is not None
        await self.renewing.sign(self.renewing.old, consent)
        await self.renewing.sign(new, begun.sid)
        return new

    async def finish(self, new: Phone, renewal: Renewal) -> CertificateRow:
        """Confirms the renewed certificate, and returns its row."""
        await self.renewing.confirm(new, renewal)
        serial = await self.renewing.serial(new)
        self.renewing.world.phone = self.renewing.old = new
        row = await certificates.find_by_serial(self.db, serial=serial)
        assert row is not None
        return row

    async def active(self) -> object:
        """Returns the number of certificates in force."""
        counted = await fetch(self.db, "SELECT COUNT(*) AS n FROM certificates WHERE state = 'active'")
        return counted["n"]


class Move(Protocol):
    """Creates the world; `fault` and `extra` are of the reference server and its settings."""

    async def __call__(
        self, *, key: Literal["new", "same"] = "new", fault: str = "ok", extra: str = ""
    ) -> Moving:
        """Returns the phone with a certificate of the service's own CA, which isn't due by time."""
        ...


@pytest.fixture
def move(db: Database, keyring: Keyring, clock: Clock, tmp_path: Path) -> Iterator[Move]:
    """Creates the world."""
    with running_ra(clock) as running:

        async def made(*, key: Literal["new", "same"] = "new", fault: str = "ok", extra: str = "") -> Moving:
            renewing = await make_renewing(db, keyring, clock, key=key, due=False)
            clock.advance(seconds=1)
            outside = outside_world(renewing.world, tmp_path, *running, fault=fault, extra=extra)
            moving = Moving(renewing, outside)
            renewing.renew = moving.renew_by()
            return moving

        yield made


async def test_a_changed_route_moves_a_certificate_by_renewal_and_back(
    move: Move, db: Database, clock: Clock
) -> None:
    moving = await move()
    renewing = moving.renewing
    login = await renewing.login()
    due = await renewing.renew.due(login, now=clock())
    assert due is not None
    assert (due.due, due.reason) == (True, Reason.CA_CHANGED)
    local = await renewing.serial(renewing.old)
    new = await moving.signed()
    renewal = await renewing.current()
    assert renewal.issuer is not None
    assert (renewal.issuer.display, renewal.state) == ("示例签发机构", "issued")
    assert renewal.pem is not None
    assert await renewing.state(local) == "active"  # in force until the phone confirms the new one
    row = await moving.finish(new, renewal)
    assert (row.state, row.issuer) == ("active", "example")
    assert await renewing.state(local) == "superseded"
    listed = await fetch(db, "SELECT serial FROM crl_changes")
    assert listed["serial"] == local  # ended by its own CA
    assert moving.outside.confirmed() == [(await moving.outside.row()).ca_serial]
    assert await renewing.renew.due(login, now=clock()) is not None

    renewing.renew = moving.renew_by(outside=False)  # the route leads back
    clock.advance(seconds=1)
    due = await renewing.renew.due(login, now=clock())
    assert due is not None
    assert due.reason is Reason.CA_CHANGED
    new, renewal = await renewing.issued()
    assert renewal.issuer is None
    row = await moving.finish(new, renewal)
    assert (row.state, row.issuer) == ("active", "issuing")
    assert await moving.active() == 1
    await moving.outside.settle()
    assert (await moving.outside.row()).state == "revoked"
    assert moving.outside.confirmed() == []
    assert set(moving.outside.ra.states.values()) == {"revoked"}


@pytest.mark.parametrize("key", ["new", "same"])
async def test_a_renewal_waits_for_the_ca_for_days_and_is_then_confirmed(
    move: Move, db: Database, clock: Clock, key: Literal["new", "same"]
) -> None:
    moving = await move(fault="wait", key=key)
    renewing = moving.renewing
    new = await moving.signed()
    renewal = await renewing.current()
    assert renewal.application is not None
    assert (renewal.application.state, renewal.state, renewal.confirm) == ("waiting", "begun", None)
    clock.advance(seconds=3 * DAY)
    old = await renewing.serial(renewing.old)
    assert await renewing.state(old) == "active"
    row = await moving.outside.row()
    moving.outside.ra.decide(row.key.hex())
    await moving.outside.settle()
    notice = await fetch(db, "SELECT kind, occasion FROM notifications WHERE kind = 'renewal_issued'")
    assert notice["occasion"] == row.handle
    clock.advance(seconds=6 * DAY)  # the days to confirm count from the CA's answer
    certificate = await moving.finish(new, await renewing.current())
    assert (certificate.state, certificate.serial) == ("active", row.handle)
    assert await renewing.state(old) == "superseded"
    assert await moving.active() == 1


async def test_a_second_renewal_names_the_certificate_that_it_replaces(
    move: Move, db: Database, clock: Clock
) -> None:
    moving = await move()
    renewing = moving.renewing
    new = await moving.signed()
    first = await moving.finish(new, await renewing.current())
    clock.advance(seconds=300 * DAY)
    due = await renewing.renew.due(await renewing.login(), now=clock())
    assert due is not None
    assert due.reason is Reason.ENDING
    new = await moving.signed()
    second = await moving.finish(new, await renewing.current())
    assert (first.serial, second.serial) == tuple(await renewing.serials())[1:]
    assert second.der is not None
    requests = list(moving.outside.ra.requests.values())
    assert "renewal_of" not in requests[0].document
    stored = (await certificates.find_by_serial(db, serial=first.serial)) or first
    assert stored.der is not None
    assert requests[1].document["renewal_of"]["serial"] == moving.outside.confirmed()[0]
    await moving.outside.settle()
    assert list(moving.outside.ra.states.values()) == ["revoked", "good"]
    assert await moving.active() == 1


async def test_a_refused_renewal_leaves_the_old_certificate_in_force(
    move: Move, db: Database, clock: Clock
) -> None:
    moving = await move(fault="refuse")
    renewing = moving.renewing
    await moving.signed()
    with pytest.raises(CaRefused) as refused:
        await renewing.current()
    assert "单位名称与登记不一致" in refused.value.zh
    old = await renewing.serial(renewing.old)
    assert await renewing.state(old) == "active"
    assert await fetch(db, "SELECT 1 AS n FROM notifications WHERE kind = 'ca_refused_renewal'")
    with pytest.raises(NotFound):
        await renewing.renew.give_up(await renewing.login(), now=clock())
    clock.advance(seconds=1)
    begun = await renewing.begin()  # begun again
    assert begun.state == "begun"
    assert (await renewing.current()).application is None


async def test_a_bad_certificate_ends_the_renewal_and_is_rejected_at_the_ca(
    move: Move, db: Database, clock: Clock
) -> None:
    moving = await move(fault="other_key")
    await moving.signed()
    with pytest.raises(CaBadCertificate):
        await moving.renewing.current()
    assert set(moving.outside.ra.states.values()) == {"withdrawn"}
    assert await moving.active() == 1


async def test_an_undecided_renewal_ends_after_the_configured_days(
    move: Move, db: Database, clock: Clock
) -> None:
    moving = await move(fault="wait", extra="wait_days = 2")
    await moving.signed()
    assert (await moving.renewing.current()).application is not None
    clock.advance(seconds=2 * DAY + 60)
    await moving.outside.settle(most=1)
    with pytest.raises(CaTimeout):
        await moving.renewing.current()
    moving.outside.ra.decide((await moving.outside.row()).key.hex())  # too late
    await moving.outside.settle()
    assert moving.outside.confirmed() == []
    assert await moving.active() == 1


@pytest.mark.parametrize("decided", [False, True])
async def test_an_abandoned_renewal_ends_at_the_ca_too(
    move: Move, db: Database, clock: Clock, *, decided: bool
) -> None:
    moving = await move(fault="wait")
    await moving.signed()
    await moving.renewing.current()
    row = await moving.outside.row()
    if decided:
        moving.outside.ra.decide(row.key.hex())
        await moving.outside.settle()
        assert moving.outside.confirmed() != []
    await moving.renewing.renew.give_up(await moving.renewing.login(), now=clock())
    if not decided:
        moving.outside.ra.decide(row.key.hex())
    await moving.outside.settle()
    assert (await moving.outside.row()).state == ("revoked" if decided else "cancelled")
    assert set(moving.outside.ra.states.values()) == {"revoked" if decided else "withdrawn"}
    with pytest.raises(NotFound):
        await moving.renewing.current()
    assert await moving.active() == 1


async def test_revoking_the_old_certificate_ends_the_renewal_at_the_ca(
    move: Move, db: Database, clock: Clock
) -> None:
    moving = await move(fault="wait")
    await moving.signed()
    await moving.renewing.current()
    old = await moving.renewing.serial(moving.renewing.old)
    await change(db, old, CertificateEvent.REVOKE, now=clock(), reason=1)
    await end_renewals(db, now=clock())
    moving.outside.ra.decide((await moving.outside.row()).key.hex())
    await moving.outside.settle()
    assert moving.outside.confirmed() == []
    assert await moving.active() == 0


async def test_a_disabled_ca_takes_no_renewal_before_the_sms_code_is_spent(
    move: Move, db: Database, clock: Clock
) -> None:
    moving = await move(extra="disabled = true")
    due = await moving.renewing.renew.due(await moving.renewing.login(), now=clock())
    assert due is not None
    assert due.reason is None  # nobody is sent to a CA that takes nothing
    with pytest.raises(CaUnavailable):
        await moving.renewing.begin()


@pytest.mark.parametrize("commit", _COMMITS)
@pytest.mark.parametrize("skip", [0, 1, 2, 3])
async def test_a_process_killed_after_any_commit_of_a_renewal_continues(
    move: Move, db: Database, clock: Clock, commit: str, skip: int
) -> None:
    moving = await move()
    renewing = moving.renewing
    new = await moving.signed()
    renewing.renew = moving.renew_by(MortalDatabase(db, deadly=frozenset({commit}), skip=skip))
    try:
        renewal = await renewing.current()
    except Died:
        clock.advance(seconds=61)
        renewing.renew = moving.renew_by()
        await renewing.current()
        await moving.outside.settle()
        renewal = await renewing.current()
    row = await moving.finish(new, renewal)
    assert moving.outside.confirmed() == [(await moving.outside.row()).ca_serial]
    assert renewal.pem is not None
    assert row.der == parse_certificate_pem(renewal.pem).der
    assert await moving.active() == 1
