"""Makes docs/security/relay.md from the table of attacks; the lab runs the table, so the page can't become outdated."""

from mshield.server.requests.follow import QR_TEXTS
from tests.security.relay.attacks import AHEAD_SECONDS
from tests.security.relay.typed import AFTER_SECONDS, EVERY_ATTACK

_HEAD = """\
# Relay attacks on scanned codes

The attacker begins a login at a real business system on their own PC. They get the victim to scan its QR code
(QRLJacking), so that the login is in the victim's name. The table says which refusal (`code`) ends each such attack.
The relay lab (tests/security/relay) plays every attack against the running service in `make test`;
`python -m tests.security.relay` prints the outcomes. Written by `make docs` from the lab.

| attack | what the attacker does | ended by | why |
|---|---|---|---|
"""
_TAIL = """
## What none of this can stop

- **A relay within {AHEAD} s to a person who confirms the login**, with a short code (输入短码) within {AFTER} s: a page
  has {TEXTS} codes in advance. Only the person can notice, by the PC's address and browser that the phone shows before
  the PIN; the two digits can be passed on. A business system should compare the PC's address with the user's usual
  one, and treat `not_me` as an attack. Only a channel bound to the PC, such as FIDO2 over Bluetooth, prevents a relay.
- **App to app on one phone**, against a business system that doesn't compare the return code with its session
  (`read_return`), or gives a result to anyone who names the request.
- **Malware on the PC** that shows one document and sends another. For signatures, the phone shows what is signed. For
  logins, the malware waits until the user is logged in.
- **A business system's server under the attacker's control**, which can make requests in its own name only.
- **A status token that leaves its page** lets a thief see the request's state and codes: keep it out of addresses and
  logs. It opens no OpenID Connect login, whose code goes only to the browser that began it, by its cookie
  (tests/oidc/test_binding.py).
"""


def relay_page() -> str:
    """Returns the page."""
    rows = (
        f"| {each.name} | {each.does} | {'`' + each.ends + '`' if each.ends else '**nothing**'} | {each.why} |"
        for each in EVERY_ATTACK
    )
    tail = _TAIL.replace("{AHEAD}", str(AHEAD_SECONDS)).replace("{TEXTS}", str(QR_TEXTS))
    tail = tail.replace("{AFTER}", str(AFTER_SECONDS))
    return _HEAD + "\n".join(rows) + "\n" + tail
