"""Who set a forgotten password anew has to wait a day for what gives power in the account's name.

The SMS that sets a password anew comes to whoever has the phone or its number, and so do the codes that apply for a
shield, open the portal and confirm an act there: so they alone would make a thief the holder, or the legal person.
Where the first phone is lost, the legal person reports that (R14), which stops its shield and ends the wait for another
device; somebody with a shield in their hands, who only wants another, has a day. What the account itself does to the
shield ends no wait: the same SMS would be enough for it. Stopping a shield never waits.
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.ids import NEWEST, first_id
from mshield.domain.notices import NoticeKind
from mshield.domain.throttling import whole_seconds
from mshield.domain.times import HOUR_MS
from mshield.services.notices.notify import tell
from mshield.settings import Settings
from mshield.store.certificates import enrolment as store
from mshield.store.database.interface import Database, Tx
from mshield.store.identity import requests
from mshield.store.staff import acts

RESET_ACT: Final = "account.reset_password"


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait that isn't over: when the password was set anew, and until when it lasts; both in ms."""

    reset_at: int
    until: int

    def refuse(self, *, now: int) -> None:
        """Raises ActsLater."""
        raise errors.ActsLater(retry_after=whole_seconds(self.until - now), until=self.until)


@dataclass(frozen=True, slots=True)
class WaitAfterReset:
    """Looks whether something comes too soon after a reset."""

    db: Database
    settings: Settings

    async def of(self, db: Database | Tx, account_id: str, *, now: int) -> Wait | None:
        """The account's wait; None where its password wasn't set anew by SMS lately."""
        since = now - self._wait
        resets = await acts.page(
            db,
            subject=account_id,
            actor_id=None,
            act=RESET_ACT,
            since=first_id(max(0, since)),
            before=NEWEST,
            most=1,
        )
        return None if not resets or resets[0].at <= since else self._from(resets[0].at)

    async def require_over(self, account_id: str, device_id: str, *, credit_code: str, now: int) -> None:
        """For an application on another device beside a shield in use.

        Raises AppliesLater, and has the enterprise's legal persons told, once for a reset.
        """
        reset_at = await store.reset_beside_a_shield(
            self.db,
            account_id=account_id,
            device_id=device_id,
            act=RESET_ACT,
            since=now - self._wait,
            now=now,
        )
        if reset_at is None:
            return

        async def work(tx: Tx) -> None:
            for other in await requests.legal_persons(tx, credit_code=credit_code, now=now):
                if other != account_id:
                    occasion = f"{account_id} {reset_at}"
                    await tell(
                        tx, NoticeKind.APPLIED_AFTER_RESET, account_id=other, occasion=occasion, now=now
                    )

        await self.db.write(work)
        raise errors.AppliesLater(retry_after=whole_seconds(self._from(reset_at).until - now))

    @property
    def _wait(self) -> int:
        return self.settings.identity_wait_hours * HOUR_MS

    def _from(self, reset_at: int) -> Wait:
        return Wait(reset_at, reset_at + self._wait)
