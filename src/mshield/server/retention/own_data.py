"""Export of one's own data (个人信息保护法 art. 45): everything stored about an account, after a second check."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.rows import accounts
from mshield.server.accounts.sms_codes import SmsCodes
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.requests.my_signatures import head_of
from mshield.server.retention.rows import own_data as store
from mshield.server.retention.rows.own_data import OwnSignature, Value
from mshield.server.values.id_numbers import ACCOUNT_BOX

EXPORT: Final = "account.export"
_CHUNK: Final = 100
MOST_SIGNATURES: Final = 5_000
"""Maximum signatures in the export, newest first; the app lists the others."""


@dataclass(frozen=True, slots=True)
class ExportOwnData:
    """Exports an account's data for its owner and records an act."""

    db: Database
    keyring: Keyring
    sms_codes: SmsCodes

    async def __call__(
        self, account_id: str, *, sms_code: str, now: int
    ) -> Mapping[str, list[Mapping[str, Value]]]:
        """Returns rows by part. Spends an SMS code of purpose `export`.

        Raises: SmsCodeWrong, SmsCodeExpired, NotFound.
        """
        account = await accounts.get_account(self.db, account_id=account_id)
        box = await accounts.find_id_number_box(self.db, account_id=account_id)
        if account is None or box is None:
            raise NotFound
        proven = await self.sms_codes.prove(phone=account.phone, purpose="export", code=sms_code, now=now)

        async def spend(tx: Tx) -> None:
            await self.sms_codes.spend(tx, proven, now=now)
            by = By("user", account_id)
            await acts.record(tx, by=by, act=EXPORT, subject=account_id, details={}, now=now)

        await self.db.write(spend)
        self.sms_codes.forget(proven)
        data = await store.read(self.db, account_id=account_id)
        data["signatures"] = await signatures_of(self.db, account_id)
        number = self.keyring.open(box, purpose=ACCOUNT_BOX, context=account_id.encode()).decode()
        data["account"] = [dict(row) | {"id_number": number} for row in data["account"]]
        return data


async def signatures_of(db: Database, account_id: str) -> list[Mapping[str, Value]]:
    """Returns the newest signatures; chunk by chunk, since the views' lines are much longer than what remains."""
    signed: list[Mapping[str, Value]] = []
    before = (2**62, b"")
    while len(signed) < MOST_SIGNATURES:
        rows = await store.signatures(
            db,
            account_id=account_id,
            before=before,
            page_size=min(_CHUNK, MOST_SIGNATURES - len(signed)),
        )
        signed += [_signed(row) for row in rows]
        if len(rows) < _CHUNK:
            break
        before = (rows[-1].signed_at, rows[-1].sid)
    return signed


def _signed(row: OwnSignature) -> Mapping[str, Value]:
    """Returns title and amounts from the signed content, and the business system's title of a document as its own."""
    head = head_of(row.sid, row.display, row.drawing)
    is_document = row.purpose == "sign"
    return {
        "purpose": row.purpose,
        "signed_at": row.signed_at,
        "title": (None if head is None else head.title) if is_document else row.title,
        "amounts": None if head is None else "; ".join(money.spoken for money in head.amounts),
        "title_by_business_system": row.title if is_document else None,
        "serial": row.serial,
        "business_name": row.business_name,
        "pc_address": row.pc_address,
        "pc_browser": row.pc_browser,
    }
