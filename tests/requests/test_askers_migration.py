"""Requests from before they kept their asker get what their login says, which was signed; others today's name."""

import json
from typing import Final

import pytest

from mshield.store.database.migrate import migrate
from tests.support.old_schema import make_earlier, marked, rows_of

_SYSTEMS: Final = (("renamed", "新名", "new.example"), ("portal", "三证合一", "shield.example"))
_REQUESTS: Final = (
    ("1", "renamed", "login", {"name": "旧名", "domain": "old.example", "type": "mshield-login/v1"}),
    ("2", "renamed", "signature", {"name": "a document's own", "domain": "other.example"}),
    ("3", "portal", "login", {"name": "三证合一", "domain": "was.example"}),
    ("4", "renamed", "signature", None),
)


@pytest.fixture
def old_url(empty_url: str) -> str:
    """A database of the release before."""
    make_earlier(empty_url, before="0038")
    return empty_url


def test_each_request_gets_who_asked(old_url: str) -> None:
    with rows_of(old_url) as connection:
        for system in _SYSTEMS:
            connection.execute(
                marked(
                    old_url,
                    "INSERT INTO business_systems (client_id, name, domain, secret_hash, state, created_at)"
                    " VALUES (?, ?, ?, ?, 'active', 1)",
                ),
                (*system, b""),
            )
        for request_id, client_id, kind, message in _REQUESTS:
            connection.execute(
                marked(
                    old_url,
                    "INSERT INTO requests (id, client_id, kind, state, number, body_hash, created_at, expires_at,"
                    " changed_at) VALUES (?, ?, ?, 'signed', '42', ?, 1, 2, 1)",
                ),
                (request_id, client_id, kind, b""),
            )
            connection.execute(
                marked(
                    old_url,
                    "INSERT INTO tasks (sid, request_id, position, purpose, state, message, media_type, title,"
                    " display, created_at, expires_at) VALUES (?, ?, 0, ?, 'signed', ?, '', '', '[]', 1, 2)",
                ),
                (
                    request_id.encode(),
                    request_id,
                    "login" if kind == "login" else "sign",
                    b"\xff\x00{" if message is None else json.dumps(message, ensure_ascii=False).encode(),
                ),
            )
    assert "0038_askers_of_then" in migrate(old_url)
    with rows_of(old_url) as connection:
        rows = connection.execute("SELECT id, asker_name, asker_domain FROM requests ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [
        ("1", "旧名", "old.example"),
        ("2", "新名", "new.example"),
        ("3", "三证合一", "was.example"),
        ("4", "新名", "new.example"),
    ]
