"""The phone's own fingerprint reader as simulated by Chromium: a built-in authenticator with PRF (WebAuthn level 3)."""

from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import CDPSession, Page

_OPTIONS: Final[dict[str, Any]] = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "automaticPresenceSimulation": True,
    "isUserVerified": True,
}


@dataclass(frozen=True, slots=True)
class Authenticator:
    """An authenticator of one page; its credentials last as long as the page."""

    session: CDPSession
    number: str

    @classmethod
    def on(cls, page: Page, *, has_prf: bool = True) -> "Authenticator":
        """Adds an authenticator to the page."""
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        made = session.send("WebAuthn.addVirtualAuthenticator", {"options": {**_OPTIONS, "hasPrf": has_prf}})
        return cls(session, made["authenticatorId"])

    @property
    def credentials(self) -> list[dict[str, Any]]:
        """Returns the stored credentials."""
        found: list[dict[str, Any]] = self._send("getCredentials")["credentials"]
        return found

    def refuse(self) -> None:
        """Makes every later user verification fail, like a foreign finger on a phone."""
        self._send("setUserVerified", isUserVerified=False)

    def clear(self) -> None:
        """Removes all credentials, as when the user removes their fingerprints."""
        self._send("clearCredentials")

    def _send(self, method: str, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.session.send(
            f"WebAuthn.{method}", {"authenticatorId": self.number, **more}
        )
        return answer
