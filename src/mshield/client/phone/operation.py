"""One operation of the phone: the vault under its lock, a connection, an engine, and how patient to be.

Every use case of the virtual phone is a function of one `Operation`.
"""

from dataclasses import dataclass
from urllib.parse import quote

from mshield.client.phone.connection import Clock, Connection, Credentials, Patience, Sleep
from mshield.client.phone.vault import Vault
from mshield.client.work import solved
from mshield.gm.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`pin_rounds` are the PBKDF2 rounds of slots that this operation makes; existing slots keep theirs."""

    vault: Vault
    connection: Connection
    engine: Engine
    patience: Patience
    clock: Clock
    sleep: Sleep
    pin_rounds: int

    def anonymous(self) -> Credentials:
        """For calls before login: a proof of the device key, no token."""
        return Credentials(device_key=self.vault.device_key)

    def logged_in(self, *, nonce: str | None = None) -> Credentials:
        """For calls after login; PhoneError `not_logged_in` where the login is missing or has ended."""
        token = self.vault.session(now=self.clock()).token
        return Credentials(device_key=self.vault.device_key, token=token, nonce=nonce)

    def work(self, captcha_id: str) -> str:
        """Does a captcha's work."""
        path = f"/api/phone/captchas/{quote(captcha_id, safe='')}/challenge"
        return solved(self.connection.get(path, self.anonymous()))
