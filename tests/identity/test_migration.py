"""The upgrade: secrets that the phone holds become hashes, open sessions end, and who has a shield counts as proven."""

import base64
from typing import Any, Final

import pytest

from mshield.gm.transcript import H
from mshield.store.database.migrate import migrate
from tests.support.old_schema import make_earlier, marked, rows_of

RN: Final = bytes(range(32))
CHALLENGE: Final = bytes(range(32, 64))
TEXT: Final = base64.urlsafe_b64encode(CHALLENGE).rstrip(b"=").decode()
_KEY: Final = (
    "INSERT INTO keys (uid, account_id, device_id, person_id, filing_version, subject, state, enrol_sid, challenge,"
    " epoch, last_epoch, failures, wrong_total, otp_hash, otp_prev_hash, rn_prev, opens_window, opens,"
    " generation, created_at) VALUES (?, 'a', 'd', 'p', 2, '{}', ?, ?, ?, 0, 0, 1, 2, ?, ?, ?, 0, 0, 0, 1)"
)
_CERTIFICATE: Final = (
    "INSERT INTO certificates (serial, uid, request_sid, account_id, device_id, person_id, filing_version,"
    " shield_number, organisation, credit_code, role, common_name, issuer, state, holds, not_before, not_after,"
    " issued_at, changed_at)"
    " VALUES (?, ?, ?, ?, 'd', ?, 2, 'MS00000000001', '', '', 'operator', '', 'issuing', ?, '', 1, 2, ?, 1)"
)


@pytest.fixture
def old_url(empty_url: str) -> str:
    """A database of the release before."""
    make_earlier(empty_url, before="0040")
    return empty_url


def _run(connection: Any, url: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
    cursor = connection.execute(marked(url, statement), values)
    return [tuple(row) for row in cursor.fetchall()] if cursor.description else []


def test_the_database_keeps_hashes_only(old_url: str) -> None:
    with rows_of(old_url) as connection:
        _run(connection, old_url, _KEY, b"1" * 16, "certified", b"1", "old", b"o", b"p", RN)
        _run(connection, old_url, _KEY, b"2" * 16, "enrolling", b"2", TEXT, b"o", None, None)
        _run(
            connection,
            old_url,
            "INSERT INTO signing_sessions (uid, epoch, otp_hash, rn, items, k2_box, expires_at)"
            " VALUES (?, 0, ?, ?, ?, ?, 9)",
            b"1" * 16,
            b"o",
            RN,
            b"i",
            b"k",
        )
    assert "0040_only_hashes" in migrate(old_url)
    with rows_of(old_url) as connection:
        rows = _run(
            connection, old_url, "SELECT rn_prev_hash, challenge_hash, wrong_total FROM keys ORDER BY uid"
        )
        assert rows == [(H("rn", RN), None, 2), (None, H("challenge", CHALLENGE), 2)]
        assert _run(connection, old_url, "SELECT uid FROM signing_sessions") == []
        row = _run(connection, old_url, "SELECT * FROM keys WHERE state = 'void'")
        assert not {RN, CHALLENGE, TEXT} & set(row[0])


def test_more_keys_than_one_batch(old_url: str) -> None:
    with rows_of(old_url) as connection:
        for number in range(1001):
            uid = number.to_bytes(16, "big")
            _run(connection, old_url, _KEY, uid, "certified", uid, "", b"o", b"p", uid + uid)
    migrate(old_url)
    with rows_of(old_url) as connection:
        rows = _run(connection, old_url, "SELECT uid, rn_prev_hash FROM keys")
    assert len(rows) == 1001
    assert all(bytes(kept) == H("rn", bytes(uid) + bytes(uid)) for uid, kept in rows)


def test_who_has_a_certificate_in_force_is_proven_by_the_earlier_application(old_url: str) -> None:
    certificates = [
        ("01", b"1", "has one", "p1", "active", 5),
        ("02", b"2", "has one", "p1", "superseded", 3),
        ("03", b"3", "locked", "p2", "pin_locked", 7),
        ("04", b"4", "had one", "p3", "revoked", 7),
        ("05", b"5", "never got it", "p4", "issued", 7),
    ]
    with rows_of(old_url) as connection:
        for account, person in (("has one", "p1"), ("locked", "p2")):
            _run(
                connection,
                old_url,
                "INSERT INTO accounts (id, phone, password_hash, name, id_type, id_number_hash, id_number_box, state,"
                " created_at) VALUES (?, ?, '', '', '', ?, ?, 'active', 1)",
                account,
                account,
                b"",
                b"",
            )
            _run(
                connection,
                old_url,
                "INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role,"
                " version, created_at, changed_at) VALUES (?, ?, '', '', ?, ?, 'operator', 1, 1, 1)",
                person,
                person,
                b"",
                b"",
            )
        for serial, uid, account, person, state, at in certificates:
            _run(connection, old_url, _CERTIFICATE, serial, uid, uid, account, person, state, at)
    assert "0042_identity" in migrate(old_url)
    with rows_of(old_url) as connection:
        rows = _run(
            connection,
            old_url,
            "SELECT account_id, person_id, way, actor, proven_at, counts_from, ended_at FROM identity_proofs"
            " ORDER BY account_id",
        )
    assert rows == [
        ("has one", "p1", "earlier", "service", 5, 0, None),
        ("locked", "p2", "earlier", "service", 7, 0, None),
    ]
