"""Accounts of an outside system log in as they are (R2): what it tells of its user becomes an account here.

The account is known by source and external id, and by nothing else: whatever a source says of a user, it gets no
account that was registered here, nor another source's. Its name, document and phone are what the source says at each
login, once they passed the checks of a registration; where name or phone change, what others proved of it ends. The id
number, which says who it is, never changes.
"""

from dataclasses import dataclass, field

from mshield.domain import errors
from mshield.domain.actor import SERVICE
from mshield.domain.id_numbers import ACCOUNT_BOX, LOOKUP
from mshield.domain.identity import (
    IdType,
    check_id_number,
    check_phone,
    mask_phone,
    normalise_name,
    same_name,
)
from mshield.domain.ids import new_id
from mshield.domain.notices import NoticeKind
from mshield.domain.proofs import Way
from mshield.gateways.account_source import AccountSources, HttpAccounts, OutsidePerson, SourceNames
from mshield.gateways.account_source_oidc import OidcAccounts
from mshield.gateways.outside import OutsideError
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.policies.consents import Agreement, Consents
from mshield.services.filing.search_words import end_hash
from mshield.services.identity.proofs import Proofs
from mshield.services.notices.notify import tell_number
from mshield.settings import Settings
from mshield.store.accounts import accounts as store
from mshield.store.accounts.accounts import LOCAL
from mshield.store.database.interface import Conflict, Database, Tx
from mshield.store.identity import requests
from mshield.store.staff import acts

SOURCE_CHANGED = "source_changed"
"""The reason of proofs that ended since the account's outside system says another name or number."""

_MAX_EXTERNAL_ID = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    source: str
    external_id: str
    name: str
    id_type: IdType
    id_number: str = field(repr=False)
    phone: str
    verified: bool


@dataclass(frozen=True, slots=True)
class OutsideAccounts:
    """Verifies users at their source, and keeps their accounts."""

    db: Database
    keyring: Keyring
    lookup: LookupKey
    sources: AccountSources
    proofs: Proofs
    consents: Consents

    async def verify(
        self, source: str, name: str, password: str, agreement: Agreement, *, now: int
    ) -> store.Account | None:
        """The account of who has this password at the source; None for a wrong one.

        Raises InvalidRequest for an unknown source, AccountSourceUnavailable, and what `admit` raises.
        """
        checking = self.sources.passwords.get(source)
        if checking is None:
            raise errors.InvalidRequest(fields=["source"])
        try:
            person = await checking.check(name, password)
        except OutsideError as error:
            raise self.unavailable(source) from error
        return None if person is None else await self.admit(source, person, agreement, now=now)

    async def admit(
        self, source: str, person: OutsidePerson, agreement: Agreement, *, now: int
    ) -> store.Account:
        """The account of a user whom the source vouches for: made, or brought up to date.

        Raises AccountDataRefused for data that no registration would take, AccountDiffers where they contradict the
        account that the user or the phone has, AccountHere where the phone's was registered here, AccountDisabled;
        ConsentNeeded where a new user hasn't agreed to the documents: nothing of them is kept then.
        """
        checked = self._checked(source, person)
        for again in (False, True):
            try:
                return await self.db.write(lambda tx: self._keep(tx, checked, agreement, now=now))
            except Conflict as error:
                # Two first logins at once: the second one finds the account. Else the number is another's.
                if again:
                    raise errors.AccountDiffers(source=self._title(source)) from error
        raise AssertionError

    def unavailable(self, source: str) -> errors.DomainError:
        """What to say when the source can't be asked."""
        return errors.AccountSourceUnavailable(source=self._title(source))

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
        except (errors.DomainError, ValueError) as error:
            raise errors.AccountDataRefused(source=self._title(source)) from error

    async def _keep(self, tx: Tx, person: _Checked, agreement: Agreement, *, now: int) -> store.Account:
        hashed = self.lookup.lookup_hash(LOOKUP, person.id_number)
        account = await store.find_outside(tx, source=person.source, external_id=person.external_id)
        if account is None:
            await self._require_free(tx, person, hashed)
        if account is not None and account.id_number_hash != hashed:
            raise errors.AccountDiffers(source=self._title(person.source))
        if account is not None and account.state != "active":
            raise errors.AccountDisabled
        account_id = new_id(now) if account is None else account.id
        if account is None:
            await store.insert_outside(tx, self._new(account_id, person, hashed), now=now)
            await self.consents.record(tx, account_id, agreement, now=now)
        else:
            await store.follow_outside(tx, account_id=account_id, **_followed(person), now=now)
            await self._follow(tx, account, person, now=now)
        await self.proofs.follow_source(tx, account_id, verified=person.verified, now=now)
        kept = await store.get_account(tx, account_id=account_id)
        if kept is None:
            raise errors.Conflict
        return kept

    async def _require_free(self, tx: Tx, person: _Checked, hashed: bytes) -> None:
        """Raises where somebody has the number; the store's Conflict where that is the user, of this very moment."""
        other = await store.find_account(tx, phone=person.phone)
        if other is None:
            return
        if (other.source, other.external_id) == (person.source, person.external_id):
            raise Conflict
        title = self._title(person.source)
        if other.source == LOCAL and other.id_number_hash == hashed:
            raise errors.AccountHere(source=title)
        raise errors.AccountDiffers(source=title)

    async def _follow(self, tx: Tx, account: store.Account, person: _Checked, *, now: int) -> None:
        """Ends what others proved of an account that has another name or number now, and tells the old number.

        A profile is what its user or a clerk there typed: no code came back from either number, and nobody looked.
        """
        renamed = not same_name(account.name, person.name)
        if not renamed and account.phone == person.phone:
            return
        await requests.withdraw(tx, account_id=account.id, now=now)
        await self.proofs.end_others(tx, account.id, but=Way.OUTSIDE, reason=SOURCE_CHANGED, now=now)
        await tell_number(
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
            **_followed(person),
        )

    def _title(self, source: str) -> str:
        return title_of(self.sources, source)


def _check_external_id(text: str) -> str:
    if not 1 <= len(text) <= _MAX_EXTERNAL_ID or not text.isprintable() or text != text.strip():
        raise ValueError("an external id that can't be")
    return text


def account_sources(settings: Settings) -> AccountSources:
    """The sources that the settings name."""
    return AccountSources(
        tuple(
            SourceNames(
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
    """How people call a source."""
    return next((source.title_zh for source in sources.names if source.name == name), name)


def _followed(person: _Checked) -> dict[str, str]:
    return {
        "source": person.source,
        "external_id": person.external_id,
        "name": person.name,
        "id_type": person.id_type.value,
        "phone": person.phone,
    }
