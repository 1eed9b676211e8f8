"""One operation of the phone: the locked vault, a connection, an engine, and retry limits.

Every use case of the virtual phone is a function of one `Operation`.
"""

from dataclasses import dataclass
from urllib.parse import quote

from mshield.gm.engine import Engine
from mshield.testkit.phone.connection import Clock, Connection, Credentials, Patience, Sleep
from mshield.testkit.phone.vault import Vault
from mshield.testkit.work import solved


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Context of one operation; `pin_rounds` are the PBKDF2 rounds of new slots; existing slots keep theirs."""

    vault: Vault
    connection: Connection
    engine: Engine
    patience: Patience
    clock: Clock
    sleep: Sleep
    pin_rounds: int

    def anonymous(self) -> Credentials:
        """Returns credentials for calls before login: the device key without a token."""
        return Credentials(device_key=self.vault.device_key)

    def logged_in(self, *, nonce: str | None = None) -> Credentials:
        """Returns credentials for calls after login. Raises: PhoneError (`not_logged_in`: no login, or expired)."""
        token = self.vault.session(now=self.clock()).token
        return Credentials(device_key=self.vault.device_key, token=token, nonce=nonce)

    def work(self, captcha_id: str) -> str:
        """Solves a captcha's proof of work."""
        path = f"/api/phone/captchas/{quote(captcha_id, safe='')}/challenge"
        return solved(self.connection.get(path, self.anonymous()))
