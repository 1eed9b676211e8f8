"""SoftHSM2, a software PKCS#11 token: its own tool creates the token, its own library stores the keys."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pkcs11
from pkcs11 import Attribute, KeyType
from pkcs11.util.ec import encode_named_curve_parameters

from mshield.server.keys.hardware.devices import Devices
from mshield.server.settings.settings import Settings

TOKEN: Final = "mshield-test"
OTHER_TOKEN: Final = "mshield-other"
PIN: Final = "271828"
_SO_PIN: Final = "31415926"
_LIBRARIES: Final = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so")


class SoftHsmMissing(Exception):
    """Error: SoftHSM2 is not installed; the message says what to install."""


@dataclass(frozen=True)
class SoftHsm:
    """The library, and two tokens with the same PIN."""

    library: Path

    def environment(self, label: str | None = None) -> dict[str, str]:
        """Returns the service's environment variables, with the label of a wrapping key if given."""
        return {
            "MSHIELD_PKCS11_MODULE": str(self.library),
            "MSHIELD_PKCS11_TOKEN": TOKEN,
            "MSHIELD_PKCS11_PIN": PIN,
            **({} if label is None else {"MSHIELD_PKCS11_WRAPPING_KEY": label}),
        }

    def settings(self, label: str | None = None, **changed: Any) -> Settings:
        """Like `environment`, as settings."""
        values = {
            "pkcs11_module": self.library,
            "pkcs11_token": TOKEN,
            "pkcs11_pin": PIN,
            "pkcs11_wrapping_key": label,
        }
        return Settings.of(**{**values, **changed})

    def log_out(self) -> None:
        """Ends logins kept by earlier tests, since a logged-in process isn't asked for the PIN again."""
        for label in (TOKEN, OTHER_TOKEN):
            token = Devices(self.settings(pkcs11_token=label).keys).token()
            token._stays_open = False
            token.once(lambda _: None)

    def make_key(self, label: str, *, curve: str = "secp256r1", extractable: bool = False) -> str:
        """Makes a key pair, like an operator with the token's own tool. Returns its name for the service."""

        def work(session: pkcs11.Session) -> None:
            parameters = session.create_domain_parameters(
                KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}, local=True
            )
            private = {Attribute.EXTRACTABLE: extractable, Attribute.SENSITIVE: True}
            parameters.generate_keypair(store=True, label=label, private_template=private)

        Devices(self.settings().keys).token().once(work, writes=True)
        return f"pkcs11:token={TOKEN};object={quote(label)}"


def make_soft_hsm(folder: Path) -> SoftHsm:
    """Makes new tokens in `folder`.

    The library reads their location when it is initialised, so the environment variable stays set.
    """
    library = next((Path(place) for place in _LIBRARIES if Path(place).exists()), None)
    if library is None or shutil.which("softhsm2-util") is None:
        raise SoftHsmMissing("apt-get install softhsm2")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n",
        "utf-8",
    )
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    for label in (TOKEN, OTHER_TOKEN):
        subprocess.run(
            ("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", _SO_PIN),
            check=True,
            capture_output=True,
        )
    return SoftHsm(library)
