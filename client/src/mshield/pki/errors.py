"""Errors raised by `mshield.pki`, each with a stable `code`.

Parsing and building raise subclasses of `PkiError`; verifying a certificate raises subclasses of `PathError`
(see `path.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


class PkiError(Exception):
    """Base of all errors of this package; `code` is stable and machine-readable."""

    code: str = "pki_error"


class DerError(PkiError):
    """The bytes aren't strict DER, or not of the expected type."""

    code = "bad_der"


class BadName(PkiError):
    """A distinguished name or one of its attributes breaks a rule (length, characters, order)."""

    code = "bad_name"


class CertificateError(PkiError):
    """A well-encoded certificate that isn't an SM2 certificate of version 3 as in GM/T 0015."""

    code = "bad_certificate"


class RequestError(PkiError):
    """The certification request doesn't have the form of GM/T 0092."""

    code = "bad_request"


class CrlError(PkiError):
    """The revocation list isn't a complete version 2 list signed with SM2."""

    code = "bad_crl"


class OcspError(PkiError):
    """The OCSP request or response is malformed (RFC 6960, RFC 9654)."""

    code = "bad_ocsp"


class CmsError(PkiError):
    """The CMS message is malformed (RFC 5652), or its structure differs from what this project writes."""

    code = "bad_cms"


class ContentMismatch(CmsError):
    """The CMS message signs another content, or another digest, than the one to be verified."""

    code = "content_mismatch"


P7_REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "form": ("文件不是可以读取的签名数据（DER、BER、base64 或 PEM）", "the file can't be read as SignedData"),
    "content_type": ("内容类型不是签名数据", "the content type is not signed data"),
    "version": ("签名数据的版本不是 1", "the SignedData doesn't have version 1"),
    "signers": ("签名人不是恰好一个，或不按签发者和序列号指明", "the SignedData must name one signer"),
    "algorithm": ("算法不是 SM3 和 SM2", "the algorithms are not SM3 and SM2"),
    "attributes": ("签名属性缺少、重复或格式不正确", "signed attributes are missing, repeated or malformed"),
    "content": ("没有原文，或原文与文件内的不同", "the content is missing, or differs from the content in the file"),
    "digest": ("签名属性里的摘要不是这份原文的", "the signed digest doesn't match the content"),
    "ambiguous": ("原文是别的签名的一部分，不能作为被签内容", "the content was signed as part of another signature"),
    "certificate": ("找不到签名人的证书，或不止一张", "the signer's certificate is missing or ambiguous"),
    "usage": ("签名人的证书不能用于签名", "the signer's certificate is not for signing"),
    "signature": ("签名验证不通过", "the signature does not verify"),
})  # fmt: skip
"""Reasons for refusing a SignedData, in Chinese and English."""


class P7Error(PkiError):
    """A refused SignedData of GB/T 35275 or RFC 5652; `reason` is a key of `P7_REASONS`."""

    code = "bad_p7"

    def __init__(self, reason: str, detail: str) -> None:
        """Takes the reason and a `detail` for the log."""
        super().__init__(detail)
        self.reason = reason
        self.zh, self.en = P7_REASONS[reason]
        self.extra: Mapping[str, object] = {"reason": reason}


PDF_REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "form": ("不是可以读取的 PDF", "the file can't be read as a PDF"),
    "unsigned": ("PDF 里没有签名", "the PDF has no signature"),
    "several": ("PDF 里有多个签名", "the PDF has several signatures"),
    "changed": ("签名之后文件又被改动", "changed after signing"),
    "range": ("签名没有覆盖整个文件", "the signature does not cover the whole file"),
    "subfilter": ("不支持的签名种类", "this kind of signature is not accepted"),
    "contents": ("签名数据的格式不正确", "the signature's data is malformed"),
    "signing_certificate": ("签名没有指明这张证书", "the signature does not name this certificate"),
})  # fmt: skip
"""Reasons for refusing a signed PDF, in Chinese and English."""


class SignedPdfError(PkiError):
    """A refused signature in a PDF; `reason` is a key of `PDF_REASONS`."""

    code = "bad_signed_pdf"

    def __init__(self, reason: str, detail: str) -> None:
        """Takes the reason and a `detail` for the log."""
        super().__init__(detail)
        self.reason = reason
        self.zh, self.en = PDF_REASONS[reason]
        self.extra: Mapping[str, object] = {"reason": reason}


XML_CODES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "xml_structure": ("XML 的结构不合规定", "the XML doesn't have the required form"),
    "xml_algorithm": ("XML 签名用了不接受的算法", "the XML signature uses an algorithm that is not accepted"),
    "xml_digest": ("XML 的内容与签名时不同", "the XML differs from the signed one"),
    "xml_signature": ("XML 签名验证不通过", "the XML signature does not verify"),
    "xml_certificate": ("XML 签名的证书不能用", "the certificate of the XML signature can't be used"),
    "xml_weak": ("XML 签名用了 SHA-1，强度不足", "the XML signature uses SHA-1, which is weak"),
})  # fmt: skip
"""Reasons for refusing an XML signature, in Chinese and English."""


XML_REASONS: Final = frozenset(
    {
        "comment", "doctype", "ds_prefix", "instruction", "not_utf_8", "not_well_formed", "signed", "too_deep",
        "too_long", "xml_attribute",
    }
)  # fmt: skip
"""Reasons why an XML document can't be signed by the E-Port profile."""


class XmlError(PkiError):
    """Refused XML, signed or to be signed; `code` is a key of `XML_CODES`.

    `reason`, one of `XML_REASONS`, applies to XML to be signed: why it can't be.
    """

    def __init__(self, code: str, detail: str, *, reason: str = "not_well_formed") -> None:
        """Takes the code, a `detail` for the log, and the reason."""
        super().__init__(detail)
        self.code, self.reason = code, reason
        self.zh, self.en = XML_CODES[code]


class TrustListError(PkiError):
    """A refused trust list or root; `reason` is a key of `TRUST_REASONS`."""

    code = "bad_trust_list"

    def __init__(self, reason: str, detail: str) -> None:
        """Takes the reason and a `detail` for the log."""
        super().__init__(detail)
        self.reason = reason
        self.zh, self.en = TRUST_REASONS[reason]
        self.extra: Mapping[str, object] = {"reason": reason}


TRUST_REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "form": ("信任列表的格式不正确", "the trust list is malformed"),
    "unreadable": ("无法读取证书", "the certificate can't be read"),
    "no_ca": ("不是 CA 证书", "the certificate is not a CA's"),
    "other": ("SHA-256 不符，证书不是您要的那张", "the certificate's SHA-256 differs from the one you expect"),
    "there": ("列表里已有这张根证书", "the list already has this root"),
    "missing": ("列表里没有这张根证书", "the list has no such root"),
})  # fmt: skip
"""Reasons for refusing a trust list or a root, in Chinese and English."""


TIME_STAMP_REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "form": ("时间戳的格式不正确", "the time stamp is malformed"),
    "content_type": ("签名的内容不是时间戳", "the signed data is not a time stamp"),
    "imprint": ("时间戳是盖在别的数据上的", "the time stamp covers other data"),
    "weak_hash": ("摘要算法不是 SM3 或 SHA-256", "its hash is neither SM3 nor SHA-256"),
    "hash": ("摘要算法与请求的不同", "its hash differs from the requested one"),
    "nonce": ("不是对这次请求的答复", "it doesn't answer this request"),
    "policy": ("策略与请求的不同", "its policy differs from the requested one"),
    "status": ("时间戳机构拒绝了请求", "the authority refused to stamp"),
    "extension": ("时间戳有无法识别的扩展", "it has an extension that isn't understood"),
    "digest": ("签名的摘要与时间戳的内容不符", "the signed digest doesn't match the time stamp"),
    "signature": ("时间戳的签名无效", "the time stamp's signature does not verify"),
    "signer_certificate": ("时间戳没有指明签发它的证书", "it does not name the certificate that signed it"),
    "certificate": ("时间戳机构的证书不能用", "the authority's certificate is not valid"),
    "purpose": ("证书不是专用于时间戳的", "the certificate is not for time stamps alone"),
    "no_path": ("时间戳机构的证书不通向信任的根", "no trusted root leads to the authority"),
    "time": (
        "时间不可信：在证书有效期之外、在将来或早于签名",
        "its time is outside the certificate's validity, in the future, or before the signature",
    ),
    "accuracy": ("时间的精度超过一分钟", "its time is not accurate to a minute"),
    "ends_no_later": ("时间戳机构的有效期不长于要续的时间戳", "the authority ends before the renewed stamp"),
})  # fmt: skip
"""Reasons for refusing a time stamp, in Chinese and English."""


class TimeStampError(PkiError):
    """A refused time stamp, request or authority; `reason` is a key of `TIME_STAMP_REASONS`."""

    code = "bad_time_stamp"

    def __init__(self, reason: str, detail: str) -> None:
        """Takes the reason and a `detail` for the log."""
        super().__init__(detail)
        self.reason = reason
        zh, en = TIME_STAMP_REASONS[reason]
        self.zh, self.en = f"时间戳无效：{zh}", f"The time stamp is not valid: {en}"
        self.extra: Mapping[str, object] = {"reason": reason}


class EvidenceError(PkiError):
    """The data isn't an evidence bundle of a supported version."""

    code = "bad_evidence"


class IssueError(PkiError):
    """The data to be signed doesn't fit its signer (wrong key, no CA)."""

    code = "bad_issuer"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of the lint: `name` is stable (snake case), `detail` describes it."""

    name: str
    detail: str


class LintError(PkiError):
    """The lint found problems and nothing was signed; `findings` holds all of them."""

    code = "lint_failed"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        """Takes the findings and joins them into a readable message."""
        self.findings = findings
        super().__init__("; ".join(f"{f.name}: {f.detail}" for f in findings))


class PathError(PkiError):
    """A certificate, its path or its status was checked and refused."""

    code = "path_error"


class Expired(PathError):
    """The certificate's validity ended before the given moment."""

    code = "expired"


class NotYetValid(PathError):
    """The certificate's validity begins after the given moment."""

    code = "not_yet_valid"


class BadCertificateSignature(PathError):
    """A signature on a certificate, CRL, OCSP response or message does not verify."""

    code = "bad_signature"


class UnknownIssuer(PathError):
    """No path leads from the certificate to a trusted root."""

    code = "unknown_issuer"


class NotACa(PathError):
    """A certificate of the path may not sign certificates: basic constraints, path length or key usage forbid it."""

    code = "not_a_ca"


class WrongUsage(PathError):
    """The key usage or extended key usage does not permit this use."""

    code = "wrong_usage"


class UnknownCritical(PathError):
    """The certificate has a critical extension that isn't understood, so it must be refused (RFC 5280, 4.2)."""

    code = "unknown_critical_extension"


class CertificateRevoked(PathError):
    """The certificate was revoked at `at` (ms since the epoch) for `reason` (RFC 5280 code)."""

    code = "revoked"

    def __init__(self, message: str, *, at: int, reason: int) -> None:
        super().__init__(message)
        self.at = at
        self.reason = reason


class CertificateOnHold(CertificateRevoked):
    """The certificate is suspended (certificateHold; 挂失 or 冻结)."""

    code = "on_hold"


class StatusUnknown(PathError):
    """The status source doesn't cover this certificate, or may not speak for it."""

    code = "status_unknown"


class StaleStatus(PathError):
    """The status isn't current at the given moment: too old, or from the future."""

    code = "stale_status"


class LogError(PkiError):
    """An invalid part of the transparency log; `zh` and `en` are for users."""

    code = "bad_log"
    zh = "透明日志有误"

    @property
    def en(self) -> str:
        """English sentence: the error's own message."""
        return str(self)


class LogFormError(LogError):
    """A note, checkpoint, tile, entry or proof is malformed."""

    code = "bad_log_form"
    zh = "透明日志的数据格式不正确"


class LogSignatureError(LogError):
    """The log's key didn't sign the checkpoint."""

    code = "bad_log_signature"
    zh = "日志检查点的签名无效，或不是该日志所签"


class BundleChanged(LogError):
    """The log signed another bundle: a part was taken away, or comes from another one."""

    code = "bundle_changed"
    zh = "证据包缺少一部分，或有一部分来自别的证据包"


class CosignatureError(LogSignatureError):
    """A line with a witness's name and key id wasn't signed by that witness."""

    code = "bad_cosignature"
    zh = "见证人的会签无效，或不是该见证人所签"


class LogProofError(LogError):
    """A proof doesn't lead to the expected hash."""

    code = "bad_log_proof"
    zh = "日志证明不成立"
