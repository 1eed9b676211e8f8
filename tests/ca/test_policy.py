"""The CP/CPS template: both languages have RFC 3647's outline, this CA's facts, and marks for all else."""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from mshield.gm.engine import load_engine
from mshield.server.authorities.rows.authorities import find_authority
from mshield.server.ca.import_certificates import FirstImport, import_certificates
from mshield.server.ca.init import CaNames, init_ca
from mshield.server.ca.policy import write_policy
from mshield.server.ca.requests import request_first
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.settings.settings import Settings
from tests.support.clock import START
from tests.support.offline_root import make_root

SECTIONS: Final[Mapping[int, int]] = {1: 6, 2: 4, 3: 4, 4: 12, 5: 8, 6: 8, 7: 3, 8: 6, 9: 17}
"""Chapters of RFC 3647, section 6, with the number of their sections."""

SETTINGS: Final = Settings.of(public_origin="https://shield.example", crl_hours=6, certificate_days=365)
NAMES: Final = CaNames(name="示例", organisation="示例电子口岸")


def _outline(text: str) -> list[str]:
    return re.findall(r"^#{1,2} (\d(?:\.\d+)?)", text, re.MULTILINE)


async def test_both_languages_have_the_outline_and_the_same_marks(db: Database, keyring: Keyring) -> None:
    await init_ca(db, keyring, load_engine(), SETTINGS, NAMES, now=START)
    root = await find_authority(db, name="root")
    assert root is not None
    chinese = await write_policy(db, keyring, SETTINGS, "zh", now=START)
    english = await write_policy(db, keyring, SETTINGS, "en", now=START)
    expected = [
        number
        for chapter, count in SECTIONS.items()
        for number in (f"{chapter}.", *(f"{chapter}.{n}" for n in range(1, count + 1)))
    ]
    for text in (chinese, english):
        assert _outline(text) == [number.rstrip(".") for number in expected]
        assert "$" not in text
        for fact in (
            sha256(root.certificate).hexdigest(),
            SETTINGS.ca.policy_oid,
            "示例电子口岸",
            "https://shield.example/pki/",
        ):
            assert fact in text
    parts = [re.split(r"^## ", text, flags=re.MULTILINE)[1:] for text in (chinese, english)]
    marked = [["待填" in part for part in parts[0]], ["TO FILL IN" in part for part in parts[1]]]
    assert marked[0] == marked[1]
    assert "至少每 6 小时" in chinese
    assert "subscribers 365 days" in english
    assert "sealed under the master key" in english


async def test_root_elsewhere_is_stated_and_its_custody_left_to_fill_in(
    db: Database, keyring: Keyring, tmp_path: Path
) -> None:
    engine = load_engine()
    requests = await request_first(db, keyring, engine, SETTINGS, NAMES, now=START)
    root = make_root(tmp_path / "root", now=START)
    signed = [
        root.sign(one.der, one.extensions, days=390 if one.name == "root_ocsp" else 3000) for one in requests
    ]
    first = FirstImport(root.certificate, sha256(root.certificate).digest(), root.crl(at=START))
    await import_certificates(db, keyring, engine, SETTINGS, signed, first=first, now=START)
    text = await write_policy(db, keyring, SETTINGS, "en", now=START)
    assert "Root key: not on this server [TO FILL IN: device, place, custodians]" in text
    assert "made by the offline root and imported" in text
