"""docs/security/relay.md, from the table of attacks; the lab plays the table, so the page can't drift from the code."""

from mshield.services.requests.follow import QR_TEXTS
from tests.security.relay.attacks import AHEAD_SECONDS
from tests.security.relay.typed import AFTER_SECONDS, EVERY_ATTACK

_HEAD = """\
# Relay attacks on scanned codes

Written by `make docs` from the relay lab, tests/security/relay, which plays each attack against the running
service in `make test`; `python -m tests.security.relay` plays them and prints what ended each. The attacker
begins a login at a real business system on their own PC and gets their victim to scan that code (QRLJacking): then
they would be logged in as the victim.

| attack | the attacker | ended by | why |
|---|---|---|---|
"""
_TAIL = """
## What none of this can stop

- **A relay within {AHEAD} s to somebody who confirms it.** Within 5 s a stream of the attacker's screen is as good
  as the screen; and since their own page is given {TEXTS} codes ahead, so that it never lacks one, a code that they
  read out of it counts until {AHEAD} s later; a short code (输入短码) dictated at once, until {AFTER} s later. What is
  left is the person: the phone shows the business system's name and domain, and the PC's address and browser
  *before* the PIN; two digits stand on both screens, but an attacker can show them too. A business system should
  compare the PC's address with where its user usually is, and treat `not_me` as an attack. Only a channel that is
  bound to the PC (FIDO2 over Bluetooth, a client certificate) would close it, and neither a photo nor a QR code is
  one.
- **App to app, where both ends are on one phone**, the code on the way back tells whose session may have the result.
  Whoever leaves out the comparison with their session (`read_return`), or stores a result for whoever asks by the
  request's id, has the attack above again. What the victim signed stays signed: for signatures, too, the phone shows
  who asks and what for before the PIN.
- **Malware on the PC** that shows one document and sends another: for signatures the phone shows what is
  signed; for logins it waits until the user is in.
- **A business system's server in the attacker's hand**: it has the secrets of its requests. It can ask only in
  its own name.
- **A phone in the attacker's hand together with its PIN.** The legal person reports it lost.
- **A status token that doesn't stay in its page** lets its thief watch and see the codes; keep it out of addresses
  and logs. With OpenID Connect it opens nothing: only the browser that began the login, by its cookie, gets the code
  (tests/oidc/test_binding.py).
"""


def relay_page() -> str:
    """The page."""
    rows = (
        f"| {each.name} | {each.does} | {'`' + each.ends + '`' if each.ends else '**nothing**'} | {each.why} |"
        for each in EVERY_ATTACK
    )
    tail = _TAIL.replace("{AHEAD}", str(AHEAD_SECONDS)).replace("{TEXTS}", str(QR_TEXTS))
    tail = tail.replace("{AFTER}", str(AFTER_SECONDS))
    return _HEAD + "\n".join(rows) + "\n" + tail
