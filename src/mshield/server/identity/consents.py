"""Consent with the person's existing shield (现有手机盾同意): its signature proves another account of the same person.

A consent extends an existing proof to another account: the signing certificate is for the same filing record,
for which its account is proven. This is checked when the phone displays the document, at the PIN, and in the
transaction of the signature.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.rows import accounts
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.identity.errors import ConsentNotYours
from mshield.server.identity.proofs import Proofs
from mshield.server.identity.rows import consents as store
from mshield.server.values.names import same_name
from mshield.wire.identity import Role, Way

CONSENT: Final = "consent"
"""Purpose of a consent's document."""

_TYPE: Final = "mshield-consent/v1"


def terms(account_id: str, person_id: str) -> dict[str, str]:
    """Returns the fields of the signed content that identify the account and the record."""
    return {"type": _TYPE, "account": account_id, "record": person_id}


@dataclass(frozen=True, slots=True)
class Consents:
    """Checks consents, and records what they prove."""

    db: Database
    proofs: Proofs

    async def require(self, purposes: Mapping[bytes, str], uid: bytes, *, now: int) -> None:
        """Raises ConsentNotYours if a document asks for a consent that this key can't give.

        `purposes` maps each document's sid to its purpose.
        """
        for sid, purpose in purposes.items():
            if purpose == CONSENT and await self.find(self.db, sid, uid, now=now) is None:
                raise ConsentNotYours

    async def find(self, db: Database | Tx, sid: bytes, uid: bytes, *, now: int) -> store.ConsentRow | None:
        """Returns the consent that this document would give with the key; None if the key can't give it."""
        row = await store.may_consent(db, sid=sid, uid=uid, now=now)
        if row is None or not _is_one_person(row) or not _matches_request(row):
            return None
        role = Role(row.role)
        if Way.OWN_SHIELD not in self.proofs.chosen(role):
            return None
        may = await self.proofs.is_proven(db, row.signer_id, row.person_id, role, now=now)
        return row if may else None

    async def find_unchanging(self, tx: Tx, sid: bytes, uid: bytes, *, now: int) -> store.ConsentRow | None:
        """Like `find`, but locks both accounts against changes until the transaction ends."""
        row = await self.find(tx, sid, uid, now=now)
        if row is None:
            return None
        for account_id in sorted((row.account_id, row.signer_id)):
            await accounts.find_unchanging(tx, account_id=account_id)
        return await self.find(tx, sid, uid, now=now)

    async def give(self, tx: Tx, consent: store.ConsentRow, *, now: int) -> None:
        """Records the signed proof; the person's other accounts are notified, and it takes effect after a wait."""
        await self.proofs.record_once(
            tx,
            consent.account_id,
            consent.person_id,
            Way.OWN_SHIELD,
            by=By("user", consent.signer_id),
            now=now,
        )

    async def refuse(self, tx: Tx, request_id: str, *, now: int) -> None:
        """Records that the person's own phone answered "not me" (不是我), if the request asked for a consent.

        If another person's phone scanned the request's code and declines it, nothing is recorded.
        """
        row = await store.of_request(tx, request_id=request_id)
        consent = None if row is None else await self.find(tx, row["sid"], row["uid"], now=now)
        if consent is None:
            return
        await store.refuse(tx, request_id=request_id, now=now)
        details = {"way": Way.OWN_SHIELD.value, "person": consent.person_id, "reason": "not_me"}
        by = By("user", consent.signer_id)
        await acts.record(
            tx, by=by, act="identity.refuse", subject=consent.account_id, details=details, now=now
        )


def _is_one_person(row: store.ConsentRow) -> bool:
    """Compares the names of both accounts with the filed one; their id numbers are known to agree."""
    return same_name(row.account_name, row.filed_name) and same_name(row.signer_name, row.filed_name)


def _matches_request(row: store.ConsentRow) -> bool:
    """Reports whether the signed content is for the same account and record as the request."""
    content = json.loads(row.content)
    expected = terms(row.account_id, row.person_id)
    return {name: content.get(name) for name in expected} == expected
