"""Binding of the certificate to the account (绑定证书, manual 2.3.1.4, R8), required for app-to-app signing.

The phone co-signs a statement under the PIN, in canonical JSON like a login's. The binding is valid once that
is signed, carries over to a renewed certificate, and ends with the certificate or when the user ends it.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.session import PhoneLogin
from mshield.server.certificates.renew import usable_in_force
from mshield.server.certificates.rows import bindings as store
from mshield.server.certificates.rows import renewals
from mshield.server.certificates.rows.bindings import NewBinding
from mshield.server.database.interface import Database
from mshield.server.errors import NotFound
from mshield.server.settings.signing import SigningSettings
from mshield.server.systems.rows import systems
from mshield.server.systems.rows.systems import BusinessSystem
from mshield.wire import shield_number
from mshield.wire.phone.shield import BindingMessage

__all__ = ["Bind"]

BIND_TYPE: Final = "mshield-bind/v1"


@dataclass(frozen=True, slots=True)
class Bind:
    """Binds and unbinds the certificate of the requesting phone."""

    db: Database
    settings: SigningSettings

    async def ask(self, login: PhoneLogin, *, client_id: str | None, now: int) -> bytes:
        """Stores the statement to sign and returns its sid; with `client_id` None for all business systems.

        Raises: what `usable_in_force` raises; NotFound (unknown business system).
        """
        certificate = await usable_in_force(self.db, login, now=now)
        system = await self._system(client_id)
        sid = secrets.token_bytes(16)
        new = NewBinding(
            sid=sid,
            uid=certificate.uid,
            account_id=login.account_id,
            device_id=login.device_id,
            shield_number=certificate.shield_number,
            serial=certificate.serial,
            client_id=client_id,
            message=_statement(login, certificate, system, now=now),
            title="绑定证书 Bind the certificate",
            display=_display(login, certificate, system),
            expires_at=now + self.settings.signing_session_seconds * 1000,
        )
        await store.ask(self.db, new, now=now)
        return sid

    async def _system(self, client_id: str | None) -> BusinessSystem | None:
        if client_id is None:
            return None
        system = await systems.find(self.db, client_id=client_id)
        if system is None or system.state != "active":
            raise NotFound
        return system

    async def list(self, login: PhoneLogin) -> tuple[BindingMessage, ...]:
        """Returns the bindings of the certificate in force."""
        return await store.in_force(self.db, device_id=login.device_id, account_id=login.account_id)

    async def unbind(self, login: PhoneLogin, sid: bytes, *, now: int) -> None:
        """Ends a binding. Raises: NotFound."""
        ended = await store.unbind(
            self.db, sid=sid, device_id=login.device_id, account_id=login.account_id, now=now
        )
        if not ended:
            raise NotFound


def _statement(
    login: PhoneLogin, certificate: renewals.InForce, system: BusinessSystem | None, *, now: int
) -> bytes:
    message = {
        "account": login.phone,
        "client_id": None if system is None else system.client_id,
        "issued_at": now,
        "name": None if system is None else system.name,
        "nonce": secrets.token_hex(16),
        "serial": certificate.serial,
        "shield_number": certificate.shield_number,
        "type": BIND_TYPE,
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _display(login: PhoneLogin, certificate: renewals.InForce, system: BusinessSystem | None) -> str:
    lines = [
        ("账户", login.phone),
        ("手机盾号", shield_number.display_number(certificate.shield_number)),
        ("证书序列号", certificate.serial),
        ("业务系统", "全部" if system is None else system.name),
    ]
    return json.dumps([{"label": label, "value": value} for label, value in lines], ensure_ascii=False)
