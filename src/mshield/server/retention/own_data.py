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
from mshield.server.retention.rows import own_data as store
from mshield.server.retention.rows.own_data import Value
from mshield.server.values.id_numbers import ACCOUNT_BOX

EXPORT: Final = "account.export"
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
        data = await store.read(self.db, account_id=account_id, most=MOST_SIGNATURES)
        number = self.keyring.open(box, purpose=ACCOUNT_BOX, context=account_id.encode()).decode()
        data["account"] = [dict(row) | {"id_number": number} for row in data["account"]]
        return data
