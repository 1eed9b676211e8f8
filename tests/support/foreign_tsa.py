"""Time stamping authorities with certificates in the form of licensed CAs, which the strict reader refuses.

They have NULL after the algorithm, countries as UTF8String, GeneralizedTime before 2050, explicit FALSE, and
no key usage in CAs. `python -m tests.support.foreign_tsa` regenerates the vectors in
`vectors/time_stamps/foreign`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mshield.gm.engine import load_engine
from mshield.pki.asn1 import der, oids
from mshield.pki.signer import KeySigner
from mshield.pki.timestamps.algorithms import hashed
from mshield.pki.timestamps.foreign import parse_foreign_tsa_certificate
from mshield.pki.timestamps.request import TimeStampRequest
from mshield.pki.timestamps.response import granted
from mshield.pki.timestamps.signers import Sm2StampSigner
from mshield.pki.timestamps.token import make_token
from tests.support.tsa import POLICY, Tsa
from tests.unit.pki.authority import NOW, YEAR, new_key, new_serial

FOLDER: Final = Path(__file__).parents[2] / "vectors" / "time_stamps" / "foreign"
DATA: Final = "手机盾时间戳样例\n".encode()
_ALGORITHM: Final = der.sequence(der.oid(oids.SM2_WITH_SM3), der.null())
_TRUE, _FALSE = der.tlv(der.BOOLEAN, b"\xff"), der.tlv(der.BOOLEAN, b"\x00")


def _name(*, organisation: str, name: str) -> bytes:
    pairs = ((oids.ORGANISATION, organisation), (oids.COUNTRY, "CN"), (oids.COMMON_NAME, name))
    return der.sequence(*(der.set_of(der.sequence(der.oid(kind), der.utf8(text))) for kind, text in pairs))


def _extension(oid: str, value: bytes, *, critical: bytes = _FALSE) -> bytes:
    return der.sequence(der.oid(oid), critical, der.octet_string(value))


def _certificate(
    by: KeySigner, issuer: bytes, subject: bytes, public: bytes, *extensions: bytes, until: int
) -> bytes:
    tbs = der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(new_serial()),
        _ALGORITHM,
        issuer,
        der.sequence(der.generalized_time(NOW - YEAR), der.generalized_time(until)),
        subject,
        der.sequence(
            der.sequence(der.oid(oids.EC_PUBLIC_KEY), der.oid(oids.SM2_CURVE)), der.bit_string(public)
        ),
        der.explicit(3, der.sequence(*extensions)),
    )
    return der.sequence(tbs, _ALGORITHM, der.bit_string(by.sign(tbs).to_der()))


def foreign(*, says_purpose: bool = True, until: int = NOW + 5 * YEAR) -> Tsa:
    """Creates an authority in a licensed CA's form under its own root.

    With `says_purpose` False it is a CA that stamps itself, as one of 2017 did.
    """
    engine = load_engine()
    root_key, key = new_key(engine), new_key(engine)
    house = _name(organisation="独立时间戳中心", name="独立时间戳中心根")
    is_ca = _extension(oids.BASIC_CONSTRAINTS, der.sequence(_TRUE), critical=_TRUE)
    root = _certificate(root_key, house, house, root_key.public, is_ca, until=until)
    if not says_purpose:
        return Tsa(Sm2StampSigner(parse_foreign_tsa_certificate(root), (), root_key), root)
    purpose = der.sequence(der.oid(oids.TIME_STAMPING))
    certificate = _certificate(
        root_key,
        house,
        _name(organisation="独立时间戳中心", name="时间戳机构"),
        key.public,
        _extension(oids.BASIC_CONSTRAINTS, der.sequence(_FALSE)),
        _extension(oids.KEY_USAGE, der.tlv(der.BIT_STRING, b"\x00\xc0"), critical=_TRUE),
        _extension(oids.EXTENDED_KEY_USAGE, purpose, critical=_TRUE),
        until=until,
    )
    return Tsa(Sm2StampSigner(parse_foreign_tsa_certificate(certificate), (), key), root)


def _case(
    file: str,
    expect: str,
    *,
    roots: Sequence[str] = (),
    read: str = "tolerant",
    data: bool = True,
    waived: Sequence[str] = (),
) -> dict[str, object]:
    return {
        "file": file, "roots": list(roots), "read": read, "data": data, "waived": list(waived), "expect": expect,
    }  # fmt: skip


def _write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, tsa in (("tsa", foreign()), ("self", foreign(says_purpose=False))):
        request = TimeStampRequest(hash="sm3", digest=hashed("sm3", DATA), nonce=1)
        token = make_token(tsa.signer, request, policy=POLICY, serial=new_serial(), at=NOW)
        (FOLDER / f"{name}-root.cer").write_bytes(tsa.root)
        (FOLDER / f"{name}.tsr").write_bytes(granted(token))
    (FOLDER / "content.bin").write_bytes(DATA)
    root, own = "tsa-root.cer", "self-root.cer"
    cases = [
        _case("tsa.tsr", "valid", roots=[root]),
        _case("tsa.tsr", "data_not_given", roots=[root], data=False),
        _case("tsa.tsr", "bad_root", roots=[root], read="strict"),
        _case("tsa.tsr", "signer_not_established", roots=[own]),
        _case("tsa.tsr", "signer_not_established", data=False),
        _case("self.tsr", "purpose", roots=[own]),
        _case("self.tsr", "valid", roots=[own], waived=[own]),
        _case("self.tsr", "signer_not_established", waived=[own]),
        _case("self.tsr", "purpose", roots=[own], waived=[root]),
    ]
    (FOLDER / "index.json").write_text(json.dumps({"at": NOW + YEAR, "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    _write()
