"""R8: the certificate is bound to the account with the PIN; without it no app-to-app signing."""

import json
from dataclasses import replace

import pytest

from mshield.server.certificates.errors import NotBound
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.requests.ask import CreatedRequest
from mshield.server.requests.document import Document
from mshield.server.requests.errors import RequestClosed
from mshield.server.seals.sealing import seal_new
from mshield.server.seals.tables import SYSTEMS
from mshield.server.signing.errors import Held, WrongPin
from tests.support.clock import Clock
from tests.support.renewal import Renewing, make_renewing
from tests.support.return_url import RETURN_URL
from tests.support.signing import PHONE_NUMBER, enrol, fetch

WRONG = 12345


@pytest.fixture
async def phone(db: Database, keyring: Keyring, clock: Clock) -> Renewing:
    """A phone whose certificate is due for renewal, not bound to anything."""
    return await make_renewing(db, keyring, clock)


async def ask(phone: Renewing, client_id: str | None = None) -> bytes:
    return await phone.bind.ask(await phone.login(), client_id=client_id, now=phone.now)


async def bind(phone: Renewing, client_id: str | None = None) -> bytes:
    sid = await ask(phone, client_id)
    await phone.sign(phone.old, sid)
    return sid


async def bound(phone: Renewing) -> list[str | None]:
    return [each.client_id for each in await phone.bind.list(await phone.login())]


async def asked_by_app(phone: Renewing) -> CreatedRequest:
    return await phone.world.ask.create(
        phone.world.system,
        kind="signature",
        channel="app",
        return_url=RETURN_URL,
        documents=(Document("报关单", "text/plain", b"content", ()),),
        pc_address=None,
        pc_browser=None,
        idempotency_key=None,
        body_hash=b"",
        now=phone.now,
    )


async def test_r08_binding_needs_the_right_pin(phone: Renewing) -> None:
    sid = await ask(phone)
    assert await bound(phone) == []
    with pytest.raises(WrongPin):
        await phone.sign(phone.old, sid, d1=WRONG)
    assert await bound(phone) == []
    await phone.sign(phone.old, sid)
    assert await bound(phone) == [None]


async def test_r08_what_is_signed_names_account_shield_and_certificate(phone: Renewing) -> None:
    sid = await bind(phone, "bs")
    row = await fetch(phone.world.db, "SELECT message, display FROM tasks WHERE sid = $1", sid)
    message = row["message"]
    assert isinstance(message, bytes)
    statement = json.loads(message)
    current = await phone.world.certificates.current(await phone.login(), log_key="", now=phone.now)
    assert current is not None
    assert statement.pop("nonce")
    assert statement == {
        "account": PHONE_NUMBER,
        "client_id": "bs",
        "issued_at": phone.now,
        "name": "单一窗口",
        "serial": current.serial,
        "shield_number": current.shield_number,
        "type": "mshield-bind/v1",
    }
    assert (
        message
        == json.dumps(json.loads(message), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    )
    (binding,) = await phone.bind.list(await phone.login())
    assert (binding.serial, binding.system_name, binding.bound_at) == (current.serial, "单一窗口", phone.now)


async def test_r08_no_app_to_app_signing_without_it(phone: Renewing) -> None:
    asked = await asked_by_app(phone)
    assert "/app/sign?request=" in asked.app_link
    with pytest.raises(NotBound):
        await phone.world.scan(asked)
    await bind(phone)
    (sid,) = await phone.world.scan(asked)
    answer = await phone.world.sign([sid])
    assert "'r'" in str(answer)


async def test_r08_a_binding_that_ended_after_the_scan_is_met_at_the_pin(phone: Renewing) -> None:
    world, binding = phone.world, await bind(phone)
    (sid,) = await world.scan(await asked_by_app(phone))
    nonces = await world.commit([sid])
    opened = await world.open(nonces)
    await phone.bind.unbind(await phone.login(), binding, now=phone.now)
    with pytest.raises(NotBound):  # while the PIN was entered
        await world.finish(world.partials(nonces, opened))
    with pytest.raises(NotBound):  # before it
        await world.open(nonces)
    assert await world.counters() == (0, 0)


async def test_r08_scanning_needs_no_binding(phone: Renewing) -> None:
    await phone.world.sign([await phone.world.task()])


async def test_r08_a_link_is_no_code_and_a_code_no_link(phone: Renewing) -> None:
    await bind(phone)
    by_app, by_code = await asked_by_app(phone), await phone.world.asked([b"x"])
    with pytest.raises(RequestClosed):
        await phone.world.answer.scan(phone.old.caller, by_app.qr_text(now=phone.now), now=phone.now)
    with pytest.raises(NotFound):
        await phone.world.answer.scan(phone.old.caller, by_code.app_link, now=phone.now)


async def test_r08_bound_for_one_business_system_is_not_for_another(phone: Renewing) -> None:
    await phone.world.db.write(lambda tx: _other_system(phone, tx))
    await bind(phone, "other")
    with pytest.raises(NotBound):
        await phone.world.scan(await asked_by_app(phone))
    await bind(phone, "bs")
    await phone.world.scan(await asked_by_app(phone))
    with pytest.raises(NotFound):
        await ask(phone, "unknown")


async def _other_system(phone: Renewing, tx: Tx) -> None:
    from tests.support.signing import statement

    await tx.run(
        statement(
            "INSERT INTO business_systems (client_id, name, domain, secret_hash, state, created_at)"
            " SELECT 'other', name, domain, secret_hash, state, created_at FROM business_systems"
        )
    )
    await seal_new(tx, SYSTEMS, "other", now=phone.now)


async def test_r08_repeated_binding_is_stored_once(phone: Renewing) -> None:
    await bind(phone)
    second = await bind(phone)
    (binding,) = await phone.bind.list(await phone.login())
    assert binding.sid == second.hex()


async def test_r08_user_can_end_the_binding(phone: Renewing) -> None:
    sid = await bind(phone)
    await phone.bind.unbind(await phone.login(), sid, now=phone.now)
    assert await bound(phone) == []
    with pytest.raises(NotBound):
        await phone.world.scan(await asked_by_app(phone))
    with pytest.raises(NotFound):
        await phone.bind.unbind(await phone.login(), sid, now=phone.now)


async def test_r08_another_phone_cannot_unbind(phone: Renewing) -> None:
    sid = await bind(phone)
    stranger = replace(await phone.login(), device_id="other")
    with pytest.raises(NotFound):
        await phone.bind.unbind(stranger, sid, now=phone.now)


@pytest.mark.parametrize("key", ["new", "same"])
async def test_r08_r11_a_renewal_takes_the_binding_along(
    db: Database, keyring: Keyring, clock: Clock, key: str
) -> None:
    phone = await make_renewing(db, keyring, clock, key="same" if key == "same" else "new")
    await bind(phone)
    await phone.renewed()
    assert await bound(phone) == [None]
    await phone.world.scan(await asked_by_app(phone))


async def test_r08_r11_one_asked_for_before_a_renewal_and_signed_after_it_counts(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    phone = await make_renewing(db, keyring, clock, key="same")
    new, renewal = await phone.issued()
    sid = await phone.bind.ask(await phone.login(), client_id=None, now=phone.now)
    await phone.confirm(new, renewal)
    assert await bound(phone) == []
    await phone.sign(phone.old, sid)
    assert await bound(phone) == [None]
    await phone.world.scan(await asked_by_app(phone))


async def test_r08_revocation_ends_it_and_a_new_application_is_unbound(phone: Renewing) -> None:
    sid = await bind(phone)
    await phone.change(CertificateEvent.REVOKE)
    assert await bound(phone) == []
    row = await fetch(phone.world.db, "SELECT ended_at FROM bindings WHERE sid = $1", sid)
    assert row["ended_at"] == phone.now
    phone.old.otp = bytes(32)
    await enrol(phone.world)
    assert await bound(phone) == []
    with pytest.raises(NotBound):
        await phone.world.scan(await asked_by_app(phone))


async def test_r08_a_held_certificate_is_not_bound(phone: Renewing) -> None:
    await phone.change(CertificateEvent.FREEZE)
    with pytest.raises(Held):
        await ask(phone)
