"""Account management by customer service: logins, disabling and enabling (for R18 see change_phone.py).

A disabled account can't log in, and its shields sign nothing, since a phone signs for the logged-in account.
Certificates stay as they are, since the legal person decides on them. Each act is recorded with its reason.
The owner is notified by SMS when the account is disabled or enabled, without the reason.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.rows import accounts as store
from mshield.server.accounts.rows import logins as account_logins
from mshield.server.accounts.rows import portal_sessions
from mshield.server.accounts.rows.accounts import Account
from mshield.server.accounts.rules.logins import AccountLoginMessage
from mshield.server.accounts.stop_phone import stop_of_account, waiting_of
from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.acts.rows.acts import ActRow
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, NotFound
from mshield.server.notices.notify import notify_account
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.settings.portal import PortalSettings
from mshield.server.values.lines import checked_reason
from mshield.server.values.phone_change import PhoneChangeRow
from mshield.wire.ids import NEWEST, new_id

__all__ = ["Account", "AccountRecord", "ActRow", "ManageAccounts"]

_MAX_ACTS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRecord:
    """An account with its waiting change of phone number, its active logins, and its acts, newest first."""

    account: Account
    phone_change: PhoneChangeRow | None
    logins: tuple[AccountLoginMessage, ...]
    acts: tuple[ActRow, ...]


@dataclass(frozen=True, slots=True)
class ManageAccounts:
    """Shows, disables and enables accounts, and ends their logins."""

    db: Database
    settings: PortalSettings

    async def show(self, account_id: str, *, now: int) -> AccountRecord:
        """Returns the account with its logins and acts. Raises: NotFound."""
        account = await self._account(account_id)
        idle_since = now - self.settings.idle_seconds * 1000
        logins = await account_logins.of_account(
            self.db, account_id=account_id, idle_since=idle_since, now=now
        )
        act_rows = await acts.page(
            self.db, subject=account_id, actor_id=None, act="account", before=NEWEST, most=_MAX_ACTS
        )
        phone_change = await waiting_of(self.db, account_id)
        return AccountRecord(
            account=account, phone_change=phone_change, logins=tuple(logins), acts=tuple(act_rows)
        )

    async def disable(self, account_id: str, *, reason: str, by: By, now: int) -> int:
        """Disables the account, stops its waiting change of phone number, and ends its logins; returns how many.

        Raises: InvalidRequest, NotFound, Conflict.
        """
        reason = checked_reason(reason)
        await self._account(account_id)

        async def work(tx: Tx) -> int:
            # Lock the waiting change before the account, as the job that carries it out does, so that the two
            # can't deadlock.
            await stop_of_account(tx, account_id, why="disabled", by=by, now=now)
            if not await store.disable(tx, account_id=account_id, reason=reason, now=now):
                raise Conflict
            await _notify_owner(tx, NoticeKind.ACCOUNT_DISABLED, account_id, now=now)
            return await self._end_all(tx, account_id, "account.disable", reason, by=by, now=now)

        return await self.db.write(work)

    async def enable(self, account_id: str, *, reason: str, by: By, now: int) -> None:
        """Lets the account log in again; its earlier logins stay ended. Raises: InvalidRequest, NotFound, Conflict."""
        reason = checked_reason(reason)
        await self._account(account_id)

        async def work(tx: Tx) -> None:
            if not await store.enable(tx, account_id=account_id, now=now):
                raise Conflict
            await _notify_owner(tx, NoticeKind.ACCOUNT_ENABLED, account_id, now=now)
            # Disabling has ended all logins already; end any that exist nevertheless.
            await self._end_all(tx, account_id, "account.enable", reason, by=by, now=now)

        await self.db.write(work)

    async def end_logins(self, account_id: str, *, login: bytes | None, reason: str, by: By, now: int) -> int:
        """Ends the login with this token hash, or all for None; returns how many. Raises: InvalidRequest, NotFound."""
        reason = checked_reason(reason)
        await self._account(account_id)

        async def work(tx: Tx) -> int:
            if login is None:
                return await self._end_all(tx, account_id, "account.end_logins", reason, by=by, now=now)
            if not await account_logins.end(tx, account_id=account_id, token_hash=login, now=now):
                raise NotFound
            await self._record(tx, account_id, "account.end_logins", reason, 1, by=by, now=now)
            return 1

        return await self.db.write(work)

    async def _account(self, account_id: str) -> Account:
        account = await store.get_account(self.db, account_id=account_id)
        if account is None:
            raise NotFound
        return account

    async def _end_all(self, tx: Tx, account_id: str, act: str, reason: str, *, by: By, now: int) -> int:
        count = await store.end_sessions(tx, account_id=account_id, now=now)
        count += await portal_sessions.end_of_account(tx, account_id=account_id, now=now)
        await self._record(tx, account_id, act, reason, count, by=by, now=now)
        return count

    async def _record(
        self, tx: Tx, account_id: str, act: str, reason: str, ended: int, *, by: By, now: int
    ) -> None:
        details = {"reason": reason, "logins_ended": ended}
        await acts.record(tx, by=by, act=act, subject=account_id, details=details, now=now)


async def _notify_owner(tx: Tx, kind: NoticeKind, account_id: str, *, now: int) -> None:
    # Each call is a separate occasion, so that the owner is notified of every change.
    await notify_account(tx, kind, account_id=account_id, occasion=new_id(now), now=now)
