"""Creates the CMP adapter from the CA's entry in `cas.toml` and the files that its options name."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from mshield.gm.curve import N
from mshield.gm.engine import Engine, load_engine
from mshield.gm.sm2 import PrivateKey
from mshield.pki.asn1 import der
from mshield.pki.asn1.frame import KEY_ALGORITHM
from mshield.pki.asn1.pem import decode
from mshield.pki.asn1.reader import Reader
from mshield.pki.errors import DerError, PkiError
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.signer import KeySigner, Signer
from mshield.server.authorities.outside.cmp.authority import CmpAuthority
from mshield.server.authorities.outside.cmp.protection import (
    NULL_NAME,
    MacName,
    MacProtection,
    Protection,
    SignatureProtection,
)
from mshield.server.authorities.outside.settings import BadCas, CaProfile, options_of
from mshield.server.keys.errors import BadKeyReference
from mshield.server.keys.hardware.reference import MachineKey, parse_reference

MachineSigner = Callable[[int], Signer]
"""Opens the SM2 key with this index in the cipher machine. Raises: HardwareError."""

_MAX_FILE: Final = 64 * 1024
_SCALAR_BYTES: Final = 32


class CmpOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of a CMP CA: `reference` with the entry's `secret_file`, or `ra_…` with `answer_certificates`."""

    form: Literal["p10cr", "cr"] = "p10cr"
    reference: Annotated[str, msgspec.Meta(max_length=128)] = ""
    macs: Annotated[tuple[MacName, ...], msgspec.Meta(min_length=1)] = ("hmac-sha256", "hmac-sm3")
    ra_certificate: str = ""
    ra_key: str = ""
    answer_certificates: str = ""


def open_cmp(profile: CaProfile, machine_signer: MachineSigner | None) -> CmpAuthority:
    """Creates the adapter. Raises: BadCas, HardwareError."""
    options = options_of(profile, CmpOptions)
    issuers = profile.intermediates
    return CmpAuthority(
        name=profile.name,
        can=profile.can,
        url=profile.entry.url,
        protection=_protection(profile, options, machine_signer),
        form=options.form,
        implicit_confirm=not profile.entry.confirm,
        recipient=issuers[0].subject.der if len(issuers) == 1 else NULL_NAME,
        profile=profile.entry.profile or None,
        tls=profile.tls(),
        seconds=profile.entry.seconds,
    )


def _protection(profile: CaProfile, options: CmpOptions, machine_signer: MachineSigner | None) -> Protection:
    signs = bool(options.ra_certificate or options.ra_key or options.answer_certificates)
    if signs == bool(options.reference) or signs == bool(profile.secret):
        raise BadCas(
            f"{profile.name}: kind cmp needs secret_file and options.reference, or options.ra_certificate,"
            " ra_key and answer_certificates"
        )
    if not signs:
        try:
            return MacProtection(options.reference.encode(), profile.secret, options.macs)
        except ValueError as error:
            raise BadCas(f"{profile.name}: options.macs: {error}") from error
    engine = load_engine()
    (certificate, *others) = _certificates(profile, options.ra_certificate)
    signer = _signer(profile, engine, options.ra_key, machine_signer)
    if others or certificate.public_key != signer.public:
        raise BadCas(f"{profile.name}: ra_certificate isn't the one certificate of ra_key")
    pinned = _certificates(profile, options.answer_certificates)
    return SignatureProtection(engine, signer, certificate, pinned)


def _signer(profile: CaProfile, engine: Engine, place: str, machine_signer: MachineSigner | None) -> Signer:
    """Opens the RA's key: `sdf:INDEX`, or a PEM file."""
    if not place.startswith("sdf:"):
        try:
            return KeySigner(engine, read_sm2_key(engine, _text(profile, place)))
        except DerError as error:
            raise BadCas(f"{profile.name}: {place} has no SM2 key in PKCS#8: {error}") from error
    try:
        key = parse_reference(place)
    except BadKeyReference as error:
        raise BadCas(f"{profile.name}: ra_key: {error}") from error
    if machine_signer is None or not isinstance(key, MachineKey):
        raise BadCas(f"{profile.name}: ra_key is in a cipher machine that isn't open here")
    return machine_signer(key.index)


def read_sm2_key(engine: Engine, text: str) -> PrivateKey:
    """Reads an unencrypted PKCS#8 (RFC 5958) key in PEM. Raises: DerError."""
    blocks = decode("PRIVATE KEY", text)
    if len(blocks) != 1:
        raise DerError("not exactly one PRIVATE KEY")
    outer = Reader(blocks[0])
    inside = outer.enter()
    outer.end()
    if inside.integer() != 0 or inside.raw(der.SEQUENCE) != KEY_ALGORITHM:
        raise DerError("not version 1 of a key on the SM2 curve")
    nested = Reader(inside.octets())
    key = nested.enter()
    nested.end()
    version, octets = key.integer(), key.octets()
    d = int.from_bytes(octets, "big")
    if version != 1 or len(octets) != _SCALAR_BYTES or not 0 < d < N - 1:
        raise DerError("not an SM2 private key")
    return PrivateKey(d, engine.mul_g(d))


def _certificates(profile: CaProfile, place: str) -> tuple[ForeignCertificate, ...]:
    try:
        found = tuple(map(parse_foreign_certificate, decode("CERTIFICATE", _text(profile, place))))
    except PkiError as error:
        raise BadCas(f"{profile.name}: {place} has a certificate that can't be read: {error}") from error
    if not found:
        raise BadCas(f"{profile.name}: {place} has no certificate")
    return found


def _text(profile: CaProfile, place: str) -> str:
    try:
        with Path(place).open("rb") as file:
            return file.read(_MAX_FILE).decode("ascii")
    except (OSError, UnicodeError, ValueError) as error:
        raise BadCas(f"{profile.name}: {place or 'a file of the options'}: {type(error).__name__}") from error
