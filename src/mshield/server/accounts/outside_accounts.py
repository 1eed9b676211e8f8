"""Accounts of an outside system, which log in with their credentials there (R2): its user data becomes an account here.

Source and external id alone identify the account: whatever data a source returns for a user, it gains access
neither to an account registered here nor to one of another source. At each login, name, document and phone
are updated from the source, once they pass the checks of a registration. If name or phone change, proofs of
identity by others end. The id number identifies the person and never changes.
"""

from dataclasses import dataclass

from mshield.server import errors as server_errors
from mshield.server.accounts.errors import (
    AccountDataRefused,
    AccountDiffers,
    AccountDisabled,
    AccountHere,
    AccountSourceUnavailable,
)
from mshield.server.accounts.external.account_source import (
    AccountSources,
    HttpAccounts,
    OutsidePerson,
)
from mshield.server.accounts.external.account_source_oidc import OidcAccounts
from mshield.server.accounts.policy_consents import Agreement, Consents
from mshield.server.accounts.rows import accounts as store
from mshield.server.accounts.rows.accounts import LOCAL
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.errors import DomainError, InvalidRequest
from mshield.server.filing.search_words import end_hash
from mshield.server.identity.proofs import Proofs
from mshield.server.identity.rows import requests
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.notices.notify import notify_number
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.runtime.external.call import OutsideError
from mshield.server.settings.accounts import AccountSettings
from mshield.server.values.id_numbers import ACCOUNT_BOX, LOOKUP
from mshield.server.values.names import (
    IdType,
    check_id_number,
    check_phone,
    mask_phone,
    normalise_name,
    same_name,
)
from mshield.wire.identity import Way
from mshield.wire.ids import new_id
from mshield.wire.outside_accounts import AccountSource

SOURCE_CHANGED = "source_changed"
"""Reason of proofs that ended because the outside system reported another name or number."""

_MAX_EXTERNAL_ID = 128


class _Checked(OutsidePerson, frozen=True, kw_only=True):
    source: str
    id_type: IdType


@dataclass(frozen=True, slots=True)
class OutsideAccounts:
    """Verifies users at their source, and keeps their accounts up to date."""

    db: Database
    keyring: Keyring
    lookup: LookupKey
    sources: AccountSources
    proofs: Proofs
    consents: Consents

    async def verify(
        self, source: str, name: str, password: str, agreement: Agreement, *, now: int
    ) -> store.Account | None:
        """Checks a password at the source and returns the user's account; None for a wrong password.

        Raises: InvalidRequest (unknown source), AccountSourceUnavailable, and what `admit` raises.
        """
        checking = self.sources.passwords.get(source)
        if checking is None:
            raise InvalidRequest(fields=["source"])
        try:
            person = await checking.check(name, password)
        except OutsideError as error:
            raise self.unavailable(source) from error
        return None if person is None else await self.admit(source, person, agreement, now=now)

    async def admit(
        self, source: str, person: OutsidePerson, agreement: Agreement, *, now: int
    ) -> store.Account:
        """Creates or updates the account of a user that the source has authenticated, and returns it.

        Raises: AccountDataRefused (data that a registration would refuse), AccountDiffers (they contradict
        the account of this user or of this phone number), AccountHere (the number's account was registered
        here), AccountDisabled; ConsentNeeded (a new user hasn't agreed to the documents; nothing is stored
        then).
        """
        profile = self._checked(source, person)
        for again in (False, True):
            try:
                return await self.db.write(lambda tx: self._keep(tx, profile, agreement, now=now))
            except Conflict as error:
                # If two first logins ran at once, the second try finds the account; if not, the number is
                # another account's.
                if again:
                    raise AccountDiffers(source=self._title(source)) from error
        raise AssertionError

    def unavailable(self, source: str) -> DomainError:
        """Returns the error for a source that can't be reached."""
        return AccountSourceUnavailable(source=self._title(source))

    def _checked(self, source: str, person: OutsidePerson) -> _Checked:
        try:
            id_type = IdType(person.id_type)
            return _Checked(
                source=source,
                external_id=_check_external_id(person.external_id),
                name=normalise_name(person.name),
                id_type=id_type,
                id_number=check_id_number(id_type, person.id_number),
                phone=check_phone(person.phone),
                verified=person.verified,
            )
        except (DomainError, ValueError) as error:
            raise AccountDataRefused(source=self._title(source)) from error

    async def _keep(self, tx: Tx, person: _Checked, agreement: Agreement, *, now: int) -> store.Account:
        hashed = self.lookup.lookup_hash(LOOKUP, person.id_number)
        account = await store.find_outside(tx, source=person.source, external_id=person.external_id)
        if account is None:
            await self._require_free(tx, person, hashed)
        if account is not None and account.id_number_hash != hashed:
            raise AccountDiffers(source=self._title(person.source))
        if account is not None and account.state != "active":
            raise AccountDisabled
        account_id = new_id(now) if account is None else account.id
        if account is None:
            await store.insert_outside(tx, self._new(account_id, person, hashed), now=now)
            await self.consents.record(tx, account_id, agreement, now=now)
        else:
            await store.follow_outside(tx, account_id=account_id, **_profile_fields(person), now=now)
            await self._follow(tx, account, person, now=now)
        await self.proofs.follow_source(tx, account_id, verified=person.verified, now=now)
        stored = await store.get_account(tx, account_id=account_id)
        if stored is None:
            raise server_errors.Conflict
        return stored

    async def _require_free(self, tx: Tx, person: _Checked, hashed: bytes) -> None:
        """Raises an error if some account has the phone number already.

        Raises: AccountHere, AccountDiffers; the store's Conflict if it is this user's own account, created at
        this very moment.
        """
        other = await store.find_account(tx, phone=person.phone)
        if other is None:
            return
        if (other.source, other.external_id) == (person.source, person.external_id):
            raise Conflict
        title = self._title(person.source)
        if other.source == LOCAL and other.id_number_hash == hashed:
            raise AccountHere(source=title)
        raise AccountDiffers(source=title)

    async def _follow(self, tx: Tx, account: store.Account, person: _Checked, *, now: int) -> None:
        """Ends all proofs but the source's own and notifies the old number, if name or number have changed.

        A profile there is unverified input of its user or a clerk: neither number was confirmed by a code.
        """
        renamed = not same_name(account.name, person.name)
        if not renamed and account.phone == person.phone:
            return
        await requests.withdraw(tx, account_id=account.id, now=now)
        await self.proofs.end_others(tx, account.id, but=Way.OUTSIDE, reason=SOURCE_CHANGED, now=now)
        await notify_number(
            tx,
            NoticeKind.SOURCE_CHANGED,
            account_id=account.id,
            phone=account.phone,
            occasion=new_id(now),
            next_at=now,
            now=now,
        )
        details = {
            "source": person.source,
            "old": mask_phone(account.phone),
            "new": mask_phone(person.phone),
            "name_changed": renamed,
        }
        await acts.record(
            tx, by=SERVICE, act="account.follow_source", subject=account.id, details=details, now=now
        )

    def _new(self, account_id: str, person: _Checked, hashed: bytes) -> store.NewOutsideAccount:
        return store.NewOutsideAccount(
            id=account_id,
            id_number_hash=hashed,
            id_number_end=end_hash(self.lookup, person.id_number),
            id_number_box=self.keyring.seal(
                person.id_number.encode(), purpose=ACCOUNT_BOX, context=account_id.encode()
            ),
            **_profile_fields(person),
        )

    def _title(self, source: str) -> str:
        return title_of(self.sources, source)


def _check_external_id(text: str) -> str:
    if not 1 <= len(text) <= _MAX_EXTERNAL_ID or not text.isprintable() or text != text.strip():
        raise ValueError("an invalid external id")
    return text


def account_sources(settings: AccountSettings) -> AccountSources:
    """Returns the sources configured in the settings."""
    return AccountSources(
        tuple(
            AccountSource(
                source.name, "password" if source.kind == "http" else "page", source.title_zh, source.title_en
            )
            for source in settings.account_sources
        ),
        {
            source.name: HttpAccounts(
                source.url, source.secret.get_secret_value(), source.seconds, source.identity_claim
            )
            for source in settings.account_sources
            if source.kind == "http"
        },
        {
            source.name: OidcAccounts(
                source.url,
                source.client_id,
                source.secret.get_secret_value(),
                source.seconds,
                source.identity_claim,
            )
            for source in settings.account_sources
            if source.kind == "oidc"
        },
    )


def title_of(sources: AccountSources, name: str) -> str:
    """Returns the source's Chinese title for users; its name if it is no longer configured."""
    return next((source.title_zh for source in sources.names if source.name == name), name)


def _profile_fields(person: _Checked) -> dict[str, str]:
    return {
        "source": person.source,
        "external_id": person.external_id,
        "name": person.name,
        "id_type": person.id_type.value,
        "phone": person.phone,
    }
