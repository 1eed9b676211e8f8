"""Waiting period of a day after a password reset by SMS, for acts that give control over the account's identity.

The reset SMS reaches anybody who has the phone or its number, and so do the codes to apply for a shield, log
in to the portal and confirm an act there: with SMS alone, a thief could impersonate the holder or the legal
person. If the first phone is lost, the legal person reports the loss (R14), which stops its shield and ends
the wait for another device. A person who still has a shield and only wants another one can wait a day. Acts
of the account itself on the shield don't end the wait, since the same SMS would suffice for them. Stopping a
shield never waits.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.acts.rows import acts
from mshield.server.certificates.rows import enrolment as store
from mshield.server.database.interface import Database, Tx
from mshield.server.identity.errors import ActsLater, AppliesLater
from mshield.server.identity.rows import requests
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.settings.identity import IdentitySettings
from mshield.server.values.throttling import whole_seconds
from mshield.wire.ids import NEWEST, first_id
from mshield.wire.times import HOUR_MS

RESET_ACT: Final = "account.reset_password"


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait in progress: time of the password reset and end of the wait, both in ms."""

    reset_at: int
    until: int

    def refuse(self, *, now: int) -> None:
        """Raises ActsLater."""
        raise ActsLater(retry_after=whole_seconds(self.until - now), until=self.until)


@dataclass(frozen=True, slots=True)
class WaitAfterReset:
    """Checks whether an act comes too soon after a password reset."""

    db: Database
    settings: IdentitySettings

    async def of(self, db: Database | Tx, account_id: str, *, now: int) -> Wait | None:
        """Returns the account's wait; None without a password reset by SMS in the waiting period."""
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
        """Checks an application on another device while the account has a shield in use.

        Raises: AppliesLater (too soon after a reset); the enterprise's legal persons are notified then, once
        per reset.
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
                    await notify_account(
                        tx, NoticeKind.APPLIED_AFTER_RESET, account_id=other, occasion=occasion, now=now
                    )

        await self.db.write(work)
        raise AppliesLater(retry_after=whole_seconds(self._from(reset_at).until - now))

    @property
    def _wait(self) -> int:
        return self.settings.wait_hours * HOUR_MS

    def _from(self, reset_at: int) -> Wait:
        return Wait(reset_at, reset_at + self._wait)
