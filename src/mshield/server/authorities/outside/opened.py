"""Creates the adapter of each configured CA, by its protocol."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mshield.server.authorities.outside.adapter import OutsideCa
from mshield.server.authorities.outside.cmp.opened import MachineSigner, open_cmp
from mshield.server.authorities.outside.est import open_est
from mshield.server.authorities.outside.plain import PlainCa
from mshield.server.authorities.outside.settings import BadCas, CaProfile, Cas, load_cas


def _open_plain(profile: CaProfile, _: MachineSigner | None) -> OutsideCa:
    if not profile.secret:
        raise BadCas(f"{profile.name}: kind http needs secret_file")
    return PlainCa(profile, profile.tls())


_KINDS: Final[Mapping[str, Callable[[CaProfile, MachineSigner | None], OutsideCa]]] = MappingProxyType(
    {"http": _open_plain, "cmp": open_cmp, "est": lambda profile, _: open_est(profile)}
)


@dataclass(frozen=True, slots=True)
class OutsideCas:
    """The configured CAs with their adapters."""

    cas: Cas
    adapters: Mapping[str, OutsideCa]


def open_outside_cas(
    path: str | None, *, now: int, machine_signer: MachineSigner | None = None
) -> OutsideCas | None:
    """Reads the settings of outside CAs; None without any. Raises: BadCas, HardwareError."""
    if not path:
        return None
    cas = load_cas(path, now=now)
    adapters = {name: _KINDS[one.entry.kind](one, machine_signer) for name, one in cas.profiles.items()}
    return OutsideCas(cas, adapters)
