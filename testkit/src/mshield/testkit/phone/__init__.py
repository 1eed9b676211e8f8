"""Virtual phone: the app's functions for scripts, tests and the command line, with its storage in a folder.

Implements the phone's side of the co-signing protocol exactly. Needs a POSIX system.
"""

from mshield.testkit.phone.approval import Approved, SignedDocument
from mshield.testkit.phone.connection import Patience
from mshield.testkit.phone.messages import IssuedCertificate, Scan, SignatureRecord, Task
from mshield.testkit.phone.phone import VirtualPhone
from mshield.testkit.phone.pin import PinPrompt, PinSource
from mshield.testkit.phone.state import Status
from mshield.wire.captchas import CaptchaMessage as Captcha

__all__ = [
    "Approved",
    "Captcha",
    "IssuedCertificate",
    "Patience",
    "PinPrompt",
    "PinSource",
    "Scan",
    "SignatureRecord",
    "SignedDocument",
    "Status",
    "Task",
    "VirtualPhone",
]
