"""Every column of a sealed table is sealed, or says here why not; every table is sealed, or says why not."""

import re
from pathlib import Path
from typing import Final

import pytest

from mshield.store.seals.tables import TABLES, SealedTable
from tests.support import schema
from tests.support.cases import cases

_SEAL: Final = {"seal", "seal_version"}
_TIMES: Final = {
    "created_at",
    "changed_at",
    "used_at",
    "made_at",
    "proven_at",
    "asked_at",
    "decided_at",
    "begun_at",
}
"""When something was done: shown, and decides nothing."""

NOT_SEALED: Final = {
    "accounts": {
        "id_number_box": "opens under its own row alone",
        "id_number_end": "who has it is opened and compared",
        "reservations": "counts how often somebody was admitted, so that two at once are told apart",
        "disabled_at": "shown",
        "disabled_reason": "shown",
    },
    "filed_persons": {
        "id_number_box": "opens under its own row alone",
        "id_number_end": "who has it is opened and compared",
    },
    "enterprises": {"searched_version": "whether its name's pieces were made"},
    "identity_proofs": {
        "actor": "shown; the act says it",
        "actor_id": "shown; the act says it",
    },
    "portal_sessions": {"address": "shown", "browser": "shown"},
    "staff_sessions": {"address": "shown", "browser": "shown"},
    "staff_factors": {
        "label": "shown",
        "secret_box": "opens under its own row alone",
        "used_step": "a code that is known may be used again within its minute",
        "sign_count": "finds a copied key",
    },
    "staff_ceremonies": {"secret_box": "opens under its own row alone"},
    "approvals": {
        "reason": "shown",
        "refused_reason": "shown",
        "sealed_box": "opens under its own row alone",
    },
    "phone_changes": {"ended_at": "shown"},
    "closings": {"ended_at": "shown"},
    "shield_asks": {
        "state": "shown; whoever acts by an ask does what its shield allows",
        "decided_by": "shown; the act says it",
        "reason": "shown; the act says it",
    },
    "staff_tokens": {"name": "shown"},
    "filing_proposals": {"record_box": "opens under its own row alone"},
    "business_systems": {"secret_at": "shown"},
    "views": {
        "octets": "the sealed digest is that of these, and checked with each reading",
        "at": "logged",
        "log_index": "the place in the log",
    },
    "certificates": {
        "request_sid": "the request's signature is checked",
        "der": "signed by its CA",
        "state": "compared with the events",
        "holds": "compared with the events",
        "held_since": "compared with the events",
        "revoked_at": "compared with the events",
        "revocation_reason": "compared with the events",
        "issued_at": "of the event",
    },
    "identity_requests": {
        "state": "ended by whoever decides, and no proof by itself",
        "reminded_at": "when they are told again",
        "decided_by": "the act says it",
    },
    "oidc_authorizations": {
        "state": "a code needs the browser's secret and the signature",
        "handle_hash": "finds it for whoever pushed it",
        "code_hash": "a code names its authorization",
        "token_hash": "a token names its authorization",
        "expires_at": "how long it is good",
    },
    "signatures": {
        "serial": "logged",
        "request_id": "logged",
        "purpose": "logged",
        "digest": "logged",
        "signature": "logged",
        "signed_at": "logged",
        "log_index": "the place in the log",
        "row_form": "what the entry commits to: another one fits no entry",
        "shown": "the entry commits to it",
        "shield_number": "the entry commits to it",
        "id_number_masked": "the entry commits to it",
        "pages": "with the document's sealed display it has to give what `shown` says",
        "confirmed": "with the document's sealed display it has to give what `shown` says",
    },
    "requests": {
        "state": "the signature tells",
        "reason": "shown",
        "number": "shown to both",
        "pc_address": "shown",
        "pc_browser": "shown",
        "uid": "the signature tells",
        "idempotency_key": "the asker's own",
        "body_hash": "the asker's own",
        "expires_at": "the signature was made or not",
        "prolonged_at": "the same",
        "channel": "how it came",
        "shield_number": "whose inbox",
        "to_tell": "for webhooks",
        "return_url": "checked against the registered ones",
        "oidc": "of the login that waits",
        "fetched_at": "keeps a content for longer",
    },
    "tasks": {
        "position": "the order",
        "uid": "the signature tells",
        "state": "the signature tells",
        "reason": "of one that isn't signed; the act beside it is logged",
        "expires_at": "see requests",
        "content": "its digest is in the message that is signed, or it is the message",
        "size": "of the content",
        "prepared": "its digest is in the message that is signed",
        "erased_at": "the mark of how far the job came says whether it may be erased",
        "erased_digest": "the signature is over what has it, and whoever verifies needs that",
    },
    "renewals": {
        "consent_sid": "the signature is checked",
        "confirm_sid": "the signature is checked",
        "state": "only forward",
        "reason": "shown",
        "expires_at": "the certificate says how long it is valid",
    },
}
_KEYS: Final = (
    "what the protocol keeps: sealed boxes bound to the row, and values that nobody can forge for the phone"
)
_OTHER_TABLES: Final = {
    "acts": "logged",
    "enterprise_words": "finds enterprises, whose names are sealed",
    "certificate_events": "logged",
    "authorities": "compared with the acts on them",
    "sealed_changes": "logged",
    "log_state": "signed",
    "log_tiles": "signed",
    "log_bundles": "signed",
    "secrets": "sealed boxes",
    "oidc_keys": "sealed boxes",
    "crls": "signed",
    "crl_shards": "signed",
    "crl_changes": "tells which lists to make soon: each is made from the certificates' rows when its time ends",
    "clock_marks": "whoever sets a machine's clock needs no row here; without one it is compared with the database's",
    "clock_doubts": "shown; a process stops by what it sees itself",
    "phone_sessions": "of no use without the device's key",
    "unlocks": "marked, as logins are",
    "devices": "of no use without its key, and the shield's PIN or an SMS code to its account",
    "bindings": "made by a signature",
    "signing_sessions": "sealed boxes",
    "sms_codes": "a keyed hash of number, purpose and time",
    "captcha_uses": "slows programs down",
    "throttles": "slows programs down",
    "idempotency": "sealed answers",
    "notifications": "told, not decided",
    "push_subscriptions": "where a kind is told, and nothing else; the address opens under its own row alone",
    "pushes": "told, not decided",
    "device_uses": "shown",
    "policy_consents": "decides nobody's rights; the act beside each is logged",
    "jobs": "when to work",
    "high_water": "compared with a file outside",
    "high_water_marks": "compared with files outside",
    "webhook_endpoints": "tells that something ended",
    "webhook_deliveries": "tells that something ended",
    "time_stamps": "tokens are signed by their authorities, and checked by whoever reads them",
    "checkpoint_stamps": "tokens are signed by their authorities, and checked by whoever reads them",
    "checkpoint_cosignatures": "lines are signed by witnesses; a note is checked by the log's key before it proves",
    "certificate_counts": "shown",
    "certificate_counts_place": "how far certificates were counted, for what is shown",
    "time_stamp_places": "how far signatures were taken in to be stamped",
    "dpop_proofs": "counts once",
    "attempts_under_way": "bound to an attempt by a mark, as sessions are; nonces are sealed",
    "values_that_succeeded": "tells a late call from a copy, which gets nothing either way",
    "oidc_assertions": "used once",
    "used_requests": "used once",
    "view_files": "the question's sealed details have the digest of each",
    "sms_log": "shown",
    "metrics": "shown",
    "retention": "how far each kind came is marked",
    "archives": "which places of the log were archived is marked",
}


@pytest.fixture
def columns(sqlite_url: str) -> frozenset[schema.Column]:
    return schema.sqlite_schema(sqlite_url.removeprefix("sqlite:///")).columns


@cases("table", TABLES, ids=lambda table: table.name)
def test_each_column_is_sealed_or_says_why_not(columns: frozenset[schema.Column], table: SealedTable) -> None:
    there = {column.name for column in columns if column.table == table.name}
    if table.name == "keys":
        assert there > set(table.columns), _KEYS
        return
    assert there - set(table.columns) - _SEAL - _TIMES == set(NOT_SEALED.get(table.name, {}))


def test_each_table_is_sealed_or_says_why_not(columns: frozenset[schema.Column]) -> None:
    there = {column.table for column in columns} - {table.name for table in TABLES}
    assert {name for name in there if not name.startswith("_")} == set(_OTHER_TABLES)


def test_whoever_writes_a_sealed_table_seals_it() -> None:
    """Statements that change a sealed column stand in modules that know the seals."""
    store = Path(__file__).parents[2] / "src/mshield/store"
    for file in sorted(store.glob("*/*.sql")):
        if file.parent.name in {"migrations", "seals"}:
            continue
        text = file.read_text("utf-8")
        written = [table.name for table in TABLES if re.search(rf"INSERT INTO {table.name}\s", text)]
        module = file.with_name(file.name.split(".")[0] + ".py").read_text("utf-8")
        assert not written or "store.seals" in module, (file.name, written)
