"""What a shield's own signature proves about another account of the same person (现有手机盾同意).

A consent hands on a proof and makes none: the certificate that signs is of the very filing record, and its account is
proven for it. It is looked at where the phone sees the document, at the PIN, and in the transaction of the signature.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.identity import Role, same_name
from mshield.domain.proofs import Way
from mshield.services.identity.proofs import Proofs
from mshield.store.accounts import accounts
from mshield.store.database.interface import Database, Tx
from mshield.store.identity import consents as store
from mshield.store.staff import acts

CONSENT: Final = "consent"
"""The purpose of its document."""

_TYPE: Final = "mshield-consent/v1"


def terms(account_id: str, person_id: str) -> dict[str, str]:
    """What the signed content says of whom it is for."""
    return {"type": _TYPE, "account": account_id, "record": person_id}


@dataclass(frozen=True, slots=True)
class Consents:
    """Looks at consents, and records what they prove."""

    db: Database
    proofs: Proofs

    async def require(self, purposes: Mapping[bytes, str], uid: bytes, *, now: int) -> None:
        """Raises ConsentNotYours where a document asks for a consent that this key can't give.

        `purposes` are those of the documents, by sid.
        """
        for sid, purpose in purposes.items():
            if purpose == CONSENT and await self.find(self.db, sid, uid, now=now) is None:
                raise errors.ConsentNotYours

    async def find(self, db: Database | Tx, sid: bytes, uid: bytes, *, now: int) -> store.ConsentRow | None:
        """What the key would consent to by this document; None where it may not."""
        row = await store.may_consent(db, sid=sid, uid=uid, now=now)
        if row is None or not _is_one_person(row) or not _says(row):
            return None
        role = Role(row.role)
        if Way.OWN_SHIELD not in self.proofs.chosen(role):
            return None
        may = await self.proofs.may_hand_on(db, row.signer_id, row.person_id, role, now=now)
        return row if may else None

    async def find_unchanging(self, tx: Tx, sid: bytes, uid: bytes, *, now: int) -> store.ConsentRow | None:
        """As `find`, of two accounts that stay as they are until the transaction ends."""
        row = await self.find(tx, sid, uid, now=now)
        if row is None:
            return None
        for account_id in sorted((row.account_id, row.signer_id)):
            await accounts.find_unchanging(tx, account_id=account_id)
        return await self.find(tx, sid, uid, now=now)

    async def give(self, tx: Tx, consent: store.ConsentRow, *, now: int) -> None:
        """Records what was signed: the proof, which tells the person's other accounts and waits."""
        await self.proofs.record_once(
            tx,
            consent.account_id,
            consent.person_id,
            Way.OWN_SHIELD,
            by=By("user", consent.signer_id),
            now=now,
        )

    async def refuse(self, tx: Tx, request_id: str, *, now: int) -> None:
        """Notes that the person's own phone says that somebody else asks, where the request asked for a consent.

        Another's phone, which took the request from the screen, refuses it without that.
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
    """Their id numbers are known to agree."""
    return same_name(row.account_name, row.filed_name) and same_name(row.signer_name, row.filed_name)


def _says(row: store.ConsentRow) -> bool:
    """Whether what is signed is for this account and record, as the request is."""
    said = json.loads(row.content)
    wanted = terms(row.account_id, row.person_id)
    return {name: said.get(name) for name in wanted} == wanted
