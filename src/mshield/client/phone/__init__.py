"""The virtual phone: the app's functions for scripts, tests and the command line, with its storage in a folder.

It follows the phone's side of the co-signing protocol to the byte. It needs a POSIX system.
"""

from mshield.client.phone.approval import Approved, SignedDocument
from mshield.client.phone.connection import Patience
from mshield.client.phone.messages import Captcha, IssuedCertificate, Scan, SignatureRecord, Task
from mshield.client.phone.phone import VirtualPhone
from mshield.client.phone.pin import PinPrompt, PinSource
from mshield.client.phone.state import Status

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
