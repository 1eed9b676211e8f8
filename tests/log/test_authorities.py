"""A certificate authority's row matches the acts on it, or the log's check reports it."""

# ruff: noqa: S608  the names in the statements are the schema's own

from typing import Any, Final

import pytest

from mshield.server.ca.init_p256 import init_p256
from mshield.server.ca.renew_issuing import renew_issuing, revoke_issuing
from mshield.server.ca.renew_tsa import renew_tsa
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.log.open_log import Log, open_log
from mshield.server.log.sequence import sequence
from mshield.server.log.verify import verify_log
from mshield.server.publication.renew_responder import renew_responders
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
    """A CA after everything possible: second generation, new responders, P-256 signer, a revocation."""
    made = await make_ca(db, keyring, now=START)
    await renew_issuing(db, keyring, made.engine, made.settings, now=START + DAY)
    await renew_responders(db, keyring, made.engine, None, now=START + 2 * DAY)
    await renew_responders(db, keyring, made.engine, "ocsp", now=START + 2 * DAY)
    await init_p256(db, keyring, renew=False, now=START + 3 * DAY)
    await init_p256(db, keyring, renew=True, now=START + 4 * DAY)
    await renew_tsa(db, keyring, made.engine, made.settings, now=START + 4 * DAY)
    await revoke_issuing(db, "issuing", reason=4, now=START + 5 * DAY)
    return made


@pytest.fixture
async def log(ca: Ca) -> Log:
    found = await open_log(ca.db, ca.keyring, SETTINGS.site, now=START)
    await sequence(found, now=START + 6 * DAY)
    return found


async def _found(log: Log) -> set[tuple[str, str | None, str | None]]:
    return {(each.code, each.table, each.row) for each in (await verify_log(log)).findings}


def _changed(name: str) -> set[tuple[str, str | None, str | None]]:
    return {("authority_changed", "authorities", name)}


async def test_untouched_authority_has_no_finding(log: Log, intruder: Intruder) -> None:
    assert await _found(log) == set()
    assert {row["name"] for row in intruder.rows("SELECT name FROM authorities")} == set(NAMES)


@cases("name", NAMES)
async def test_each_change_of_an_authority_is_detected(log: Log, intruder: Intruder, name: str) -> None:
    (was,) = intruder.rows("SELECT * FROM authorities WHERE name = ?", name)
    for column, values in OTHERS.items():
        for value in values:
            if value == was[column]:
                continue
            assert intruder.run(f"UPDATE authorities SET {column} = ? WHERE name = ?", value, name) == 1
            assert await _found(log) == _changed(name), (column, value)
        intruder.run(f"UPDATE authorities SET {column} = ? WHERE name = ?", was[column], name)
    assert await _found(log) == set()


async def test_undone_revocation_is_detected(log: Log, intruder: Intruder) -> None:
    undo = "UPDATE authorities SET revoked_at = NULL, revocation_reason = NULL WHERE name = 'issuing'"
    assert intruder.run(undo) == 1
    assert await _found(log) == _changed("issuing")


@pytest.mark.parametrize("name", NAMES)
async def test_deleted_authority_is_detected(log: Log, intruder: Intruder, name: str) -> None:
    assert intruder.run("DELETE FROM authorities WHERE name = ?", name) == 1
    assert await _found(log) == {("authority_missing", "authorities", name)}


@pytest.mark.parametrize("name", ["issuing-3", "ocsp-3", "another"])
async def test_inserted_authority_is_detected(log: Log, intruder: Intruder, name: str) -> None:
    (row,) = intruder.rows("SELECT * FROM authorities WHERE name = 'issuing-2'")
    _insert(intruder, {**row, "name": name})
    assert await _found(log) == _changed(name)


@pytest.mark.parametrize("name", ["root_ocsp", "ocsp", "ocsp-2", "p256"])
async def test_replaced_ca_certificate_cannot_return(ca: Ca, log: Log, intruder: Intruder, name: str) -> None:
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


# ---- acts that were tampered with ----


@pytest.mark.parametrize(
    ("act", "changed"), [("ca.init", "root"), ("ca.renew_issuing", "issuing-2"), ("ca.init_p256", "p256")]
)
async def test_an_act_that_names_no_certificate_explains_none(
    db: Database, keyring: Keyring, intruder: Intruder, act: str, changed: str
) -> None:
    made = await make_ca(db, keyring, now=START)
    await renew_issuing(db, keyring, made.engine, made.settings, now=START)
    await init_p256(db, keyring, renew=False, now=START)
    assert intruder.run("UPDATE acts SET details = '{}' WHERE act = ?", act) >= 1
    log = await open_log(db, keyring, SETTINGS.site, now=START)
    await sequence(log, now=START)
    assert _changed(changed) <= await _found(log)


@pytest.mark.parametrize("details", ["", "[]", "{", '{"sha256": ["a"], "responder_sha256": 1}', "null"])
async def test_unreadable_act_is_reported(log: Log, intruder: Intruder, details: str) -> None:
    change = "UPDATE acts SET details = ? WHERE act = 'ca.renew_responder' AND subject = 'ocsp-2'"
    assert intruder.run(change, details) == 1
    codes = {code for code, _, _ in await _found(log)}
    assert codes == {"row_changed", "authority_changed"}


async def test_revocation_without_its_act_is_reported(log: Log, intruder: Intruder) -> None:
    assert intruder.run("DELETE FROM acts WHERE act = 'ca.revoke_issuing'") == 1
    codes = {code for code, _, _ in await _found(log)}
    assert codes == {"row_missing", "authority_changed"}


def _insert(intruder: Intruder, row: dict[str, Any]) -> None:
    columns = ", ".join(row)
    marks = ", ".join("?" * len(row))
    assert intruder.run(f"INSERT INTO authorities ({columns}) VALUES ({marks})", *row.values()) == 1
