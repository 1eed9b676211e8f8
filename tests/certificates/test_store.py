"""Certificates on both databases: reserved, signed, held, revoked, and the basis of a revocation list."""

import msgspec
import pytest

from mshield.gm.engine import load_engine
from mshield.server.certificates.rows import certificates as store
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rows.certificates import CertificateRow, NewCertificate, Reservation
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database, Tx
from mshield.server.keys.keyring import Keyring
from tests.support.clock import START
from tests.support.issuing import change, person

YEAR = 365 * 86_400_000


@pytest.fixture
async def new(db: Database, keyring: Keyring) -> NewCertificate:
    """A certificate to reserve, with the rows it refers to."""
    found, _ = await person(db, keyring, load_engine(), now=START)
    return found


async def _reserve(db: Database, new: NewCertificate, serial: str, now: int = START) -> CertificateRow:
    async def work(tx: Tx) -> CertificateRow | None:
        return await store.reserve(tx, new, Reservation(serial, "issuing", now, now + YEAR), now=now)

    row = await db.write(work)
    assert row is not None
    return row


async def _active(db: Database, new: NewCertificate) -> str:
    row = await _reserve(db, new, "41" * 20)
    assert await certificate_changes.activate(db, serial=row.serial, uid=new.uid, der=b"der", now=START + 1)
    return row.serial


async def test_a_second_reservation_is_the_first_one(db: Database, new: NewCertificate) -> None:
    first = await _reserve(db, new, "41" * 20)
    second = await _reserve(db, new, "42" * 20, START + 5000)
    assert second == first
    assert (first.serial, first.der, first.state, first.holds) == ("41" * 20, None, "issued", frozenset())
    assert (first.not_before, first.not_after, first.issued_at) == (START, START + YEAR, START)
    assert await store.find_by_serial(db, serial="42" * 20) is None
    assert await store.find_by_request(db, request_sid=new.request_sid) == first


async def test_first_signed_certificate_is_kept(db: Database, new: NewCertificate) -> None:
    serial = (await _reserve(db, new, "41" * 20)).serial
    assert await certificate_changes.activate(db, serial=serial, uid=new.uid, der=b"first", now=START + 1)
    assert not await certificate_changes.activate(
        db, serial=serial, uid=new.uid, der=b"second", now=START + 2
    )
    row = await store.find_by_serial(db, serial=serial)
    assert row is not None
    assert (row.der, row.state, row.changed_at) == (b"first", "active", START + 1)


async def test_reservation_names_its_holder(db: Database, new: NewCertificate, keyring: Keyring) -> None:
    serial = (await _reserve(db, new, "41" * 20)).serial
    holder = await store.find_holder(db, serial=serial)
    assert holder is not None
    assert holder.id_type == "resident_id"
    opened = keyring.open(holder.id_number_box, purpose="filing-id-number", context=holder.person_id.encode())
    assert opened == b"330206199003124218"
    assert await store.find_holder(db, serial="none") is None


async def test_the_basis_changes_with_every_change_of_the_list(db: Database, new: NewCertificate) -> None:
    serial = await _active(db, new)
    seen = [await store.revoked_basis(db, issuer="issuing", since=0)]
    assert seen == ["0:0"]

    async def changed() -> None:
        basis = await store.revoked_basis(db, issuer="issuing", since=0)
        assert basis not in seen[-1:]
        seen.append(basis)

    await change(db, serial, CertificateEvent.REPORT_LOSS, now=START + 2)
    await changed()
    await change(db, serial, CertificateEvent.LIFT_LOSS, CertificateEvent.FREEZE, now=START + 3)
    await changed()
    await change(db, serial, CertificateEvent.UNFREEZE, now=START + 4)
    await changed()
    await change(db, serial, CertificateEvent.REVOKE, now=START + 5, reason=0)
    await changed()


async def test_list_omits_expired_certificates(db: Database, new: NewCertificate) -> None:
    serial = await _active(db, new)
    await change(db, serial, CertificateEvent.REVOKE, now=START + 2, reason=0)
    (line,) = await store.list_revoked_of(db, issuer="issuing", shard=0, since=START)
    status = await store.find_status(db, serial=serial)
    assert status is not None
    of_list = msgspec.structs.replace(status, logged=None, not_after=0)  # a list has neither
    assert store.read_status(line, issuer="issuing") == of_list
    assert await store.list_revoked_of(db, issuer="issuing", shard=0, since=START + YEAR) == []
    assert await store.revoked_basis(db, issuer="issuing", since=START + YEAR) == "0:0"
