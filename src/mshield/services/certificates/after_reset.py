"""Who set a forgotten password anew waits before a second device gets a shield, unless another stopped the first one.

The SMS that sets a password anew comes to whoever has the phone or its number, and another one applies: so they alone
would make a thief the holder. Where the first phone is lost, the legal person reports that (R14), which stops its
shield and ends the wait; somebody with a shield in their hands, who only wants another, has a day. What the account
itself does to the shield ends no wait: the same SMS would be enough for it.
"""

from dataclasses import dataclass

from mshield.domain import errors
from mshield.domain.notices import NoticeKind
from mshield.domain.throttling import whole_seconds
from mshield.domain.times import HOUR_MS
from mshield.services.accounts.reset_password import ACT
from mshield.services.accounts.session import PhoneLogin
from mshield.services.notices.notify import tell
from mshield.settings import Settings
from mshield.store.certificates import enrolment as store
from mshield.store.database.interface import Database, Tx
from mshield.store.identity import requests


@dataclass(frozen=True, slots=True)
class WaitAfterReset:
    """Looks whether an application comes too soon."""

    db: Database
    settings: Settings

    async def require_over(self, login: PhoneLogin, *, credit_code: str, now: int) -> None:
        """Raises AppliesLater, and has the enterprise's legal persons told, once for a reset."""
        wait = self.settings.identity_wait_hours * HOUR_MS
        reset_at = await store.reset_beside_a_shield(
            self.db,
            account_id=login.account_id,
            device_id=login.device_id,
            act=ACT,
            since=now - wait,
            now=now,
        )
        if reset_at is None:
            return

        async def work(tx: Tx) -> None:
            for account_id in await requests.legal_persons(tx, credit_code=credit_code, now=now):
                if account_id != login.account_id:
                    occasion = f"{login.account_id} {reset_at}"
                    await tell(
                        tx, NoticeKind.APPLIED_AFTER_RESET, account_id=account_id, occasion=occasion, now=now
                    )

        await self.db.write(work)
        raise errors.AppliesLater(retry_after=whole_seconds(reset_at + wait - now))
