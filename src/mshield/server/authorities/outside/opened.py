"""Creates the adapter of each configured CA, by its protocol."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mshield.server.authorities.outside.adapter import OutsideCa
from mshield.server.authorities.outside.plain import PlainCa
from mshield.server.authorities.outside.settings import BadCas, CaProfile, Cas, load_cas


def _open_plain(profile: CaProfile) -> OutsideCa:
    if not profile.secret:
        raise BadCas(f"{profile.name}: kind http needs secret_file")
    return PlainCa(profile, profile.tls())


_KINDS: Final[Mapping[str, Callable[[CaProfile], OutsideCa]]] = MappingProxyType({"http": _open_plain})


@dataclass(frozen=True, slots=True)
class OutsideCas:
    """The configured CAs with their adapters."""

    cas: Cas
    adapters: Mapping[str, OutsideCa]


def open_outside_cas(path: str | None, *, now: int) -> OutsideCas | None:
    """Reads the settings of outside CAs; None without any. Raises: BadCas."""
    if not path:
        return None
    cas = load_cas(path, now=now)
    adapters = {}
    for name, profile in cas.profiles.items():
        if profile.entry.kind not in _KINDS:
            raise BadCas(f"{name}: kind {profile.entry.kind} isn't built yet")
        adapters[name] = _KINDS[profile.entry.kind](profile)
    return OutsideCas(cas, adapters)
