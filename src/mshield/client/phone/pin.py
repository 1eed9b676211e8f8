"""The PIN: exactly six digits, asked for only after `open` was answered and its proofs checked.

A PIN is checked here by form alone; whether it is right only the server learns (cosign-protocol, "Keys").
"""

from collections.abc import Callable
from dataclasses import dataclass

from mshield.client.errors import PhoneError
from mshield.gm.mask import PIN_FORM


@dataclass(frozen=True, slots=True, kw_only=True)
class PinPrompt:
    """What the user should see: tries left, whether others spent some, which PIN (when it was set, ms)."""

    left: int
    fell: bool
    pin_set_at: int


PinSource = str | Callable[[PinPrompt], str]


def checked_pin(pin: str) -> str:
    """The PIN, or PhoneError `bad_pin_form` where it is not six ASCII digits."""
    if not PIN_FORM.fullmatch(pin):
        raise PhoneError("bad_pin_form")
    return pin


def ask(source: PinSource, prompt: PinPrompt) -> str:
    """The PIN from its source, checked by form."""
    return checked_pin(source if isinstance(source, str) else source(prompt))
