"""A certificate authority is as the acts on it leave it, or the log's check finds it."""

# ruff: noqa: S608  the names in the statements are the schema's own

from typing import Any, Final

import pytest

from mshield.keys.keyring import Keyring
from mshield.services.ca.init_p256 import init_p256
from mshield.services.ca.init_tsa import init_tsa
from mshield.services.ca.renew_issuing import renew_issuing, revoke_issuing
from mshield.services.log.open_log import Log, open_log
from mshield.services.log.sequence import sequence
from mshield.services.log.verify import verify_log
from mshield.services.publication.renew_responder import renew_responders
from mshield.store.database.interface import Database
from tests.support.cases import cases
from tests.support.clock import START
from tests.support.filled_log import SETTINGS
from tests.support.intruder import Intruder
from tests.support.issuing import Ca, make_ca

NAMES: Final = ("root", "root_ocsp", "issuing", "ocsp", "issuing-2", "ocsp-2", "p256", "tsa", "tsa-p256")
DAY: Final = 86_400_000
OTHERS: Final[dict[str, tuple[object, ...]]] = {
    "certificate": (b"another",),
    "revoked_at": (None, START, START + 1),
    "revocation_reason": (None, 0, 6),
}


@pytest.fixture
async def ca(db: Database, keyring: Keyring) -> Ca:
    """All that may happen to it: second generation, new responders, P-256 signer and its next, a revocation."""
    made = await make_ca(db, keyring, now=START)
    await renew_issuing(db, keyring, made.engine, made.settings, now=START + DAY)
    await renew_responders(db, keyring, made.engine, None, now=START + 2 * DAY)
    await renew_responders(db, keyring, made.engine, "ocsp", now=START + 2 * DAY)
    await init_p256(db, keyring, renew=False, now=START + 3 * DAY)
    await init_p256(db, keyring, renew=True, now=START + 4 * DAY)
    await init_tsa(db, keyring, made.engine, made.settings, renew=True, now=START + 4 * DAY)
    await revoke_issuing(db, "issuing", reason=4, now=START + 5 * DAY)
    return made


@pytest.fixture
async def log(ca: Ca) -> Log:
    found = await open_log(ca.db, ca.keyring, SETTINGS, now=START)
    await sequence(found, now=START + 6 * DAY)
    return found


async def _found(log: Log) -> set[tuple[str, str | None, str | None]]:
    return {(each.code, each.table, each.row) for each in (await verify_log(log)).findings}


def _changed(name: str) -> set[tuple[str, str | None, str | None]]:
    return {("authority_changed", "authorities", name)}


async def test_nothing_is_wrong_after_all_that_may_happen(log: Log, intruder: Intruder) -> None:
    assert await _found(log) == set()
    assert {row["name"] for row in intruder.rows("SELECT name FROM authorities")} == set(NAMES)


@cases("name", NAMES)
async def test_each_change_of_a_row_is_found(log: Log, intruder: Intruder, name: str) -> None:
    (was,) = intruder.rows("SELECT * FROM authorities WHERE name = ?", name)
    for column, values in OTHERS.items():
        for value in values:
            if value == was[column]:
                continue
            assert intruder.run(f"UPDATE authorities SET {column} = ? WHERE name = ?", value, name) == 1
            assert await _found(log) == _changed(name), (column, value)
        intruder.run(f"UPDATE authorities SET {column} = ? WHERE name = ?", was[column], name)
    assert await _found(log) == set()


async def test_a_revocation_taken_back_is_found(log: Log, intruder: Intruder) -> None:
    undo = "UPDATE authorities SET revoked_at = NULL, revocation_reason = NULL WHERE name = 'issuing'"
    assert intruder.run(undo) == 1
    assert await _found(log) == _changed("issuing")


@pytest.mark.parametrize("name", NAMES)
async def test_one_taken_out_is_found(log: Log, intruder: Intruder, name: str) -> None:
    assert intruder.run("DELETE FROM authorities WHERE name = ?", name) == 1
    assert await _found(log) == {("authority_missing", "authorities", name)}


@pytest.mark.parametrize("name", ["issuing-3", "ocsp-3", "another"])
async def test_one_put_in_is_found(log: Log, intruder: Intruder, name: str) -> None:
    (row,) = intruder.rows("SELECT * FROM authorities WHERE name = 'issuing-2'")
    _insert(intruder, {**row, "name": name})
    assert await _found(log) == _changed(name)


@pytest.mark.parametrize("name", ["root_ocsp", "ocsp", "ocsp-2", "p256"])
async def test_a_certificate_that_was_replaced_does_not_come_back(
    ca: Ca, log: Log, intruder: Intruder, name: str
) -> None:
    (before,) = intruder.rows("SELECT * FROM authorities WHERE name = ?", name)
    if name == "p256":
        await init_p256(ca.db, ca.keyring, renew=True, now=START + 7 * DAY)
    else:
        await renew_responders(ca.db, ca.keyring, ca.engine, name, now=START + 7 * DAY)
    await sequence(log, now=START + 8 * DAY)
    assert await _found(log) == set()
    back = "UPDATE authorities SET certificate = ?, key_box = ? WHERE name = ?"
    assert intruder.run(back, before["certificate"], before["key_box"], name) == 1
    assert await _found(log) == _changed(name)


async def test_renewed_by_clocks_that_differ(ca: Ca, log: Log) -> None:
    await renew_responders(ca.db, ca.keyring, ca.engine, "ocsp-2", now=START + 8 * DAY)
    await renew_responders(ca.db, ca.keyring, ca.engine, "ocsp-2", now=START + 8 * DAY - 20_000)
    await sequence(log, now=START + 9 * DAY)
    assert await _found(log) == set()


# ---- acts of earlier versions, and acts that were tampered with ----


async def test_acts_that_named_no_certificate(db: Database, keyring: Keyring, intruder: Intruder) -> None:
    made = await make_ca(db, keyring, now=START)
    await renew_issuing(db, keyring, made.engine, made.settings, now=START)
    await init_p256(db, keyring, renew=False, now=START)
    for act, details in (("ca.renew_issuing", None), ("ca.init_p256", "{}")):
        (row,) = intruder.rows("SELECT * FROM acts WHERE act = ?", act)
        text = details or row["details"].replace("responder_sha256", "something")
        assert intruder.run("UPDATE acts SET details = ? WHERE id = ?", text, row["id"]) == 1
    log = await open_log(db, keyring, SETTINGS, now=START)
    await sequence(log, now=START)
    assert await _found(log) == set()
    await renew_responders(db, keyring, made.engine, "ocsp-2", now=START + DAY)
    await init_p256(db, keyring, renew=True, now=START + DAY)
    await sequence(log, now=START + DAY)
    assert await _found(log) == set()
    for name in ("ocsp-2", "p256", "tsa", "tsa-p256"):  # from here on they are named
        assert intruder.run("UPDATE authorities SET certificate = ? WHERE name = ?", b"another", name) == 1
        assert _changed(name) <= await _found(log)


@pytest.mark.parametrize("details", ["", "[]", "{", '{"sha256": ["a"], "responder_sha256": 1}', "null"])
async def test_an_act_that_cannot_be_read(log: Log, intruder: Intruder, details: str) -> None:
    change = "UPDATE acts SET details = ? WHERE act = 'ca.renew_responder' AND subject = 'ocsp-2'"
    assert intruder.run(change, details) == 1
    codes = {code for code, _, _ in await _found(log)}
    assert codes == {"row_changed", "authority_changed"}


async def test_a_revocation_whose_act_is_gone(log: Log, intruder: Intruder) -> None:
    assert intruder.run("DELETE FROM acts WHERE act = 'ca.revoke_issuing'") == 1
    codes = {code for code, _, _ in await _found(log)}
    assert codes == {"row_missing", "authority_changed"}


def _insert(intruder: Intruder, row: dict[str, Any]) -> None:
    columns = ", ".join(row)
    marks = ", ".join("?" * len(row))
    assert intruder.run(f"INSERT INTO authorities ({columns}) VALUES ({marks})", *row.values()) == 1
