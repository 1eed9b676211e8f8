"""Template of a certificate policy and practice statement (CP/CPS), filled with the facts of this installation.

It follows the outline of RFC 3647, section 6. What the software can't know is marked for the operator.
"""

import time
from importlib.resources import files
from string import Template
from typing import Final, Literal

from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.server.authorities.authority import ROOT, generation_of, no_authority, responder_name
from mshield.server.authorities.keys import ELSEWHERE, reference_in
from mshield.server.authorities.rows.authorities import AuthorityRow, list_authorities
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.settings.settings import Settings

Lang = Literal["zh", "en"]

_ID_NUMBER: Final = {
    "hash": ("以带密钥的杂凑值（HMAC-SM3）写入", "as a keyed hash (HMAC-SM3)"),
    "clear": ("以明文写入", "in clear"),
    "none": ("不写入", "left out"),
}
_KEY: Final = {
    "sealed": (
        "在服务器软件中生成，以主密钥加密保存",
        "generated in the server's software, sealed under the master key",
    ),
    "device": ("在密码机中（索引 {}）", "in the cipher machine, reference {}"),
    "elsewhere": (
        "不在本服务器上【待填：设备、地点、保管人】",
        "not on this server [TO FILL IN: device, place, custodians]",
    ),
}
_ROOT_LIST: Final = {
    True: (
        "由离线根签发后导入【待填：频率】",
        "made by the offline root and imported [TO FILL IN: frequency]",
    ),
    False: ("至少每 {} 小时一次", "at least every {} hours"),
}
_RENEWAL: Final = {
    "here": (
        "剩余有效期不足半年或备案变化时，在线更新；新证书经手机确认后，旧证书被取代。",
        (
            "Online when less than half a year is left or the filing changed; the new certificate replaces the old "
            "one once the phone has confirmed it."
        ),
    ),
    "same": (
        "不提供：更新总是换用新密钥（见 4.7）。",
        "Not offered: a renewal always has a new key (see 4.7).",
    ),
    "new": ("不提供：更新沿用原密钥（见 4.6）。", "Not offered: a renewal has the same key (see 4.6)."),
}


async def write_policy(db: Database, keyring: Keyring, settings: Settings, lang: Lang, *, now: int) -> str:
    """Returns the template (Markdown) in one language. Raises: NoAuthority, SealError."""
    rows = {row.name: row for row in await list_authorities(db)}
    issuing = sorted(filter(generation_of, rows), key=lambda name: generation_of(name) or 0)
    if ROOT not in rows or not issuing:
        raise no_authority()
    n = 0 if lang == "zh" else 1
    root, newest = _certificate(rows[ROOT]), _certificate(rows[issuing[-1]])
    root_key, is_elsewhere = _key(keyring, rows[ROOT], n)
    renews = "new" if settings.ca.renewal_key == "new" else "same"
    text = files(__package__).joinpath(f"{lang}.md").read_text(encoding="utf-8")
    return Template(text).substitute(
        organisation=newest.subject.organisation,
        date=_day(now),
        policy_oid=settings.ca.policy_oid,
        root_name=root.subject.common_name,
        root_sha256=root.fingerprint().hex(),
        issuing_names=("、", ", ")[n].join(_certificate(rows[name]).subject.common_name for name in issuing),
        origin=settings.site.public_origin.rstrip("/"),
        crl_hours=settings.ca.crl_hours,
        root_list=_ROOT_LIST[is_elsewhere][n].format(settings.ca.root_crl_hours),
        ocsp_hours=settings.ca.ocsp_hours,
        id_number=_ID_NUMBER[settings.ca.certificate_id_number][n],
        renewal_same=_RENEWAL["here" if renews == "same" else "same"][n],
        renewal_new=_RENEWAL["here" if renews == "new" else "new"][n],
        act_days=settings.retention.act_days,
        root_key=root_key,
        issuing_key=_key(keyring, rows[issuing[-1]], n)[0],
        root_until=_day(root.not_after),
        issuing_until=_day(newest.not_after),
        responder_until=_day(_certificate(rows[responder_name(ROOT)]).not_after),
        certificate_days=settings.ca.certificate_days,
    )


def _certificate(row: AuthorityRow) -> Certificate:
    return parse_certificate(row.certificate)


def _key(keyring: Keyring, row: AuthorityRow, n: int) -> tuple[str, bool]:
    """Describes where the key is, and reports whether it is elsewhere."""
    reference = reference_in(keyring.open(row.key_box, purpose="authority", context=row.name.encode()))
    if reference is None:
        return _KEY["sealed"][n], False
    if reference == ELSEWHERE:
        return _KEY["elsewhere"][n], True
    return _KEY["device"][n].format(reference), False


def _day(at: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at // 1000))
