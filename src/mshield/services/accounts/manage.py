"""Customer service looks after accounts: their logins, disabling and enabling them (R18 is in change_phone.py).

A disabled account logs in nowhere and its shields sign nothing, since a phone signs for who is logged in. Certificates
stay as they are: they are the legal person's. Each act has its reason and is recorded with it. The account's owner is
told by SMS when it is disabled or enabled, without the reason.
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.ids import NEWEST, new_id
from mshield.domain.lines import checked_reason
from mshield.domain.notices import NoticeKind
from mshield.services.accounts.stop_phone import stop_of_account, waiting_of
from mshield.services.notices.notify import tell
from mshield.settings import Settings
from mshield.store.accounts import accounts as store
from mshield.store.accounts import logins as account_logins
from mshield.store.accounts.accounts import Account
from mshield.store.accounts.logins import AccountLogin
from mshield.store.accounts.phone_changes import PhoneChangeRow
from mshield.store.database.interface import Database, Tx
from mshield.store.legal_person import sessions as portal_sessions
from mshield.store.staff import acts
from mshield.store.staff.acts import ActRow

__all__ = ["Account", "AccountLogin", "AccountRecord", "ActRow", "ManageAccounts"]

_MAX_ACTS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecord:
    """An account, another number of it that waits, its logins that count, and what was done to it, the newest first."""

    account: Account
    phone_change: PhoneChangeRow | None
    logins: tuple[AccountLogin, ...]
    acts: tuple[ActRow, ...]


@dataclass(frozen=True, slots=True)
class ManageAccounts:
    """Shows, disables and enables accounts, and ends their logins."""

    db: Database
    settings: Settings

    async def show(self, account_id: str, *, now: int) -> AccountRecord:
        """The account with its logins and acts. Raises NotFound."""
        account = await self._account(account_id)
        idle_since = now - self.settings.portal_idle_seconds * 1000
        logins = await account_logins.of_account(
            self.db, account_id=account_id, idle_since=idle_since, now=now
        )
        recorded = await acts.page(
            self.db, subject=account_id, actor_id=None, act="account", before=NEWEST, most=_MAX_ACTS
        )
        waits = await waiting_of(self.db, account_id)
        return AccountRecord(account=account, phone_change=waits, logins=tuple(logins), acts=tuple(recorded))

    async def disable(self, account_id: str, *, reason: str, by: By, now: int) -> int:
        """Disables it, ends its logins, whose number it gives, and stops another phone number that waits.

        Raises InvalidRequest, NotFound, Conflict.
        """
        reason = checked_reason(reason)
        await self._account(account_id)

        async def work(tx: Tx) -> int:
            # First, as who carries it out locks the two in this order.
            await stop_of_account(tx, account_id, why="disabled", by=by, now=now)
            if not await store.disable(tx, account_id=account_id, reason=reason, now=now):
                raise errors.Conflict
            await _tell_owner(tx, NoticeKind.ACCOUNT_DISABLED, account_id, now=now)
            return await self._end_all(tx, account_id, "account.disable", reason, by=by, now=now)

        return await self.db.write(work)

    async def enable(self, account_id: str, *, reason: str, by: By, now: int) -> None:
        """Lets it log in again; its earlier logins stay ended. Raises InvalidRequest, NotFound, Conflict."""
        reason = checked_reason(reason)
        await self._account(account_id)

        async def work(tx: Tx) -> None:
            if not await store.enable(tx, account_id=account_id, now=now):
                raise errors.Conflict
            await _tell_owner(tx, NoticeKind.ACCOUNT_ENABLED, account_id, now=now)
            # Disabling ended them; whatever else there should be ends here.
            await self._end_all(tx, account_id, "account.enable", reason, by=by, now=now)

        await self.db.write(work)

    async def end_logins(self, account_id: str, *, login: bytes | None, reason: str, by: By, now: int) -> int:
        """Ends the login of this token hash, or all for None; returns their number. Raises InvalidRequest, NotFound."""
        reason = checked_reason(reason)
        await self._account(account_id)

        async def work(tx: Tx) -> int:
            if login is None:
                return await self._end_all(tx, account_id, "account.end_logins", reason, by=by, now=now)
            if not await account_logins.end(tx, account_id=account_id, token_hash=login, now=now):
                raise errors.NotFound
            await self._record(tx, account_id, "account.end_logins", reason, 1, by=by, now=now)
            return 1

        return await self.db.write(work)

    async def _account(self, account_id: str) -> Account:
        account = await store.get_account(self.db, account_id=account_id)
        if account is None:
            raise errors.NotFound
        return account

    async def _end_all(self, tx: Tx, account_id: str, act: str, reason: str, *, by: By, now: int) -> int:
        ended = await store.end_sessions(tx, account_id=account_id, now=now)
        ended += await portal_sessions.end_of_account(tx, account_id=account_id, now=now)
        await self._record(tx, account_id, act, reason, ended, by=by, now=now)
        return ended

    async def _record(
        self, tx: Tx, account_id: str, act: str, reason: str, ended: int, *, by: By, now: int
    ) -> None:
        details = {"reason": reason, "logins_ended": ended}
        await acts.record(tx, by=by, act=act, subject=account_id, details=details, now=now)


async def _tell_owner(tx: Tx, kind: NoticeKind, account_id: str, *, now: int) -> None:
    # Each time is an occasion of its own.
    await tell(tx, kind, account_id=account_id, occasion=new_id(now), now=now)
