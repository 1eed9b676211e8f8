"""The phone's own fingerprint reader as Chromium plays one: a built-in authenticator with PRF (WebAuthn level 3)."""

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
    """It belongs to one page and keeps its credentials as long as that is open."""

    session: CDPSession
    number: str

    @classmethod
    def on(cls, page: Page, *, has_prf: bool = True) -> "Authenticator":
        """Builds one in."""
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        made = session.send("WebAuthn.addVirtualAuthenticator", {"options": {**_OPTIONS, "hasPrf": has_prf}})
        return cls(session, made["authenticatorId"])

    @property
    def credentials(self) -> list[dict[str, Any]]:
        """What it keeps."""
        found: list[dict[str, Any]] = self._send("getCredentials")["credentials"]
        return found

    def refuse(self) -> None:
        """From now on the finger is not the user's; as on a phone it stays shut then."""
        self._send("setUserVerified", isUserVerified=False)

    def clear(self) -> None:
        """The user removes their fingerprints, and with them all credentials."""
        self._send("clearCredentials")

    def _send(self, method: str, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.session.send(
            f"WebAuthn.{method}", {"authenticatorId": self.number, **more}
        )
        return answer
