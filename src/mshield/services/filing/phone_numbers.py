"""What ends with the number that a person was filed with, where a list files another one.

A filed number proves the account that answers from it (docs/identity.md). Where the office files another one it says
that the one before isn't theirs, or isn't any more: what that proved ends, or a number filed by mistake would be the
person for good, and keep the true one's account out as a second one.
"""

from collections.abc import Mapping

from mshield.domain.actor import SERVICE
from mshield.domain.notices import NoticeKind
from mshield.domain.proofs import Way
from mshield.domain.push.push import NOTICE_LIFE_MS
from mshield.store.database.interface import Tx
from mshield.store.identity import proofs
from mshield.store.notices import notifications, push
from mshield.store.staff import acts


async def end_proofs_by_number(tx: Tx, phones: Mapping[str, str | None], *, now: int) -> None:
    """Ends what the filed number proved of accounts that have another one than is filed now, with an act each.

    `phones` has the new number by record, None where there is none any more; called once the records have them. Whose
    account has the new number already goes on. Whose proof ends is told, once for a list, since they may be locked out
    of the portal by it.
    """
    for proof_id, person_id, account_id in await proofs.by_other_number(tx, phones):
        await proofs.end_one(tx, proof_id=proof_id, reason="phone_changed", now=now)
        details = {"reason": "phone_changed", "way": Way.FILED_PHONE.value, "people": [person_id]}
        await acts.record(tx, by=SERVICE, act="identity.end", subject=account_id, details=details, now=now)
        await _tell(tx, account_id, now=now)


async def _tell(tx: Tx, account_id: str, *, now: int) -> None:
    notice_id = await notifications.insert(
        tx,
        kind=NoticeKind.FILED_PHONE_DIFFERS.value,
        account_id=account_id,
        occasion=f"{account_id} {now}",
        details={},
        now=now,
    )
    if notice_id is not None:
        life = now + NOTICE_LIFE_MS
        await push.wake_account(tx, notice_id=notice_id, account_id=account_id, expires_at=life, now=now)
