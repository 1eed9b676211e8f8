"""Every error that `mshield.pki` raises, each with a stable `code`.

Parsing and building raise `PkiError` subclasses; judging a certificate raises `PathError` subclasses (see
`path.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


class PkiError(Exception):
    """Base of all errors of this package; `code` is stable and machine-readable."""

    code: str = "pki_error"


class DerError(PkiError):
    """Bytes that are not strict DER, or not of the expected type."""

    code = "bad_der"


class BadName(PkiError):
    """A distinguished name or one of its attributes breaks a rule (length, characters, order)."""

    code = "bad_name"


class CertificateError(PkiError):
    """A well-encoded certificate that is not an SM2 certificate of version 3 as GM/T 0015 has it."""

    code = "bad_certificate"


class RequestError(PkiError):
    """A certification request that is not of GM/T 0092's form."""

    code = "bad_request"


class CrlError(PkiError):
    """A revocation list that is not a complete version 2 list signed with SM2."""

    code = "bad_crl"


class OcspError(PkiError):
    """An OCSP request or response out of form (RFC 6960, RFC 9654)."""

    code = "bad_ocsp"


class CmsError(PkiError):
    """A CMS message out of form (RFC 5652) or with another shape than this project makes."""

    code = "bad_cms"


class ContentMismatch(CmsError):
    """What a CMS message signs is not the content, or the digest, that is to be verified."""

    code = "content_mismatch"


P7_REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "form": ("文件不是可以读取的签名数据（DER、BER、base64 或 PEM）", "the file is no SignedData that can be read"),
    "content_type": ("内容类型不是签名数据", "the content type is not that of signed data"),
    "version": ("签名数据的版本不是 1", "the SignedData is not of version 1"),
    "signers": ("签名人不是恰好一个，或不按签发者和序列号指明", "there is not one signer, by issuer and serial number"),
    "algorithm": ("算法不是 SM3 和 SM2", "the algorithms are not SM3 and SM2"),
    "attributes": ("签名属性缺少、重复或格式不正确", "signed attributes are missing, repeated or out of form"),
    "content": ("没有原文，或原文与文件内的不同", "the content is missing, or is not the one inside"),
    "digest": ("签名属性里的摘要不是这份原文的", "the signed digest is another content's"),
    "ambiguous": ("原文是别的签名的一部分，不能作为被签内容", "the content was signed as part of another signature"),
    "certificate": ("找不到签名人的证书，或不止一张", "the signer's certificate is missing or ambiguous"),
    "usage": ("签名人的证书不能用于签名", "the signer's certificate is not for signing"),
    "signature": ("签名验证不通过", "the signature does not verify"),
})  # fmt: skip
"""Why a SignedData is refused, in Chinese and English."""


class P7Error(PkiError):
    """A SignedData of GB/T 35275 or RFC 5652 that is refused; `reason` is one of `P7_REASONS`."""

    code = "bad_p7"

    def __init__(self, reason: str, detail: str) -> None:
        """`detail` is for a log."""
        super().__init__(detail)
        self.reason = reason
        self.zh, self.en = P7_REASONS[reason]
        self.extra: Mapping[str, object] = {"reason": reason}


PDF_REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "form": ("不是可以读取的 PDF", "no PDF that can be read"),
    "unsigned": ("PDF 里没有签名", "the PDF has no signature"),
    "several": ("PDF 里有多个签名", "the PDF has several signatures"),
    "changed": ("签名之后文件又被改动", "changed after signing"),
    "range": ("签名没有覆盖整个文件", "the signature does not cover the whole file"),
    "subfilter": ("不支持的签名种类", "a kind of signature that is not accepted"),
    "contents": ("签名数据的格式不正确", "the signature's data is out of form"),
    "signing_certificate": ("签名没有指明这张证书", "the signature does not name this certificate"),
})  # fmt: skip
"""Why a signed PDF is refused, in Chinese and English."""


class SignedPdfError(PkiError):
    """A signature in a PDF that is refused; `reason` is one of `PDF_REASONS`."""

    code = "bad_signed_pdf"

    def __init__(self, reason: str, detail: str) -> None:
        """`detail` is for a log."""
        super().__init__(detail)
        self.reason = reason
        self.zh, self.en = PDF_REASONS[reason]
        self.extra: Mapping[str, object] = {"reason": reason}


XML_CODES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "xml_structure": ("XML 的结构不合规定", "the XML is not of the form that it must have"),
    "xml_algorithm": ("XML 签名用了不接受的算法", "the XML signature has an algorithm that is not accepted"),
    "xml_digest": ("XML 的内容与签名时不同", "the XML is not what was signed"),
    "xml_signature": ("XML 签名验证不通过", "the XML signature does not verify"),
    "xml_certificate": ("XML 签名的证书不能用", "the certificate of the XML signature can't be used"),
    "xml_weak": ("XML 签名用了 SHA-1，强度不足", "the XML signature has SHA-1, which is weak"),
})  # fmt: skip
"""Why an XML signature is refused, in Chinese and English."""


XML_REASONS: Final = frozenset(
    {
        "comment", "doctype", "ds_prefix", "instruction", "not_utf_8", "not_well_formed", "signed", "too_deep",
        "too_long", "xml_attribute",
    }
)  # fmt: skip
"""Why XML can't be signed as E-Port has it."""


class XmlError(PkiError):
    """Signed XML, or XML to be signed, that is refused; `code` is one of `XML_CODES`.

    `reason`, one of `XML_REASONS`, is for XML that is to be signed: why it can't be.
    """

    def __init__(self, code: str, detail: str, *, reason: str = "not_well_formed") -> None:
        """`detail` is for a log."""
        super().__init__(detail)
        self.code, self.reason = code, reason
        self.zh, self.en = XML_CODES[code]


class TrustListError(PkiError):
    """A trust list or a root that can't be taken; `reason` is one stable word."""

    code = "bad_trust_list"

    def __init__(self, reason: str, detail: str) -> None:
        """`detail` is for a log."""
        super().__init__(detail)
        self.reason = reason
        self.zh, self.en = TRUST_REASONS[reason]
        self.extra: Mapping[str, object] = {"reason": reason}


TRUST_REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "form": ("信任列表的格式不正确", "the trust list is out of form"),
    "unreadable": ("无法读取证书", "the certificate can't be read"),
    "no_ca": ("不是 CA 证书", "the certificate is not a CA's"),
    "other": ("SHA-256 不符，证书不是您要的那张", "the certificate has another SHA-256 than you expect"),
    "there": ("列表里已有这张根证书", "the list has this root already"),
    "missing": ("列表里没有这张根证书", "the list has no such root"),
})  # fmt: skip
"""Why a list or a root is refused, in Chinese and English."""


TIME_STAMP_REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({
    "form": ("时间戳的格式不正确", "the time stamp is out of form"),
    "content_type": ("签名的内容不是时间戳", "what is signed is no time stamp"),
    "imprint": ("时间戳是盖在别的数据上的", "the time stamp is on other data"),
    "weak_hash": ("摘要算法不是 SM3 或 SHA-256", "its hash is neither SM3 nor SHA-256"),
    "hash": ("摘要算法与请求的不同", "its hash is another than was asked for"),
    "nonce": ("不是对这次请求的答复", "it is not the answer to this question"),
    "policy": ("策略与请求的不同", "its policy is another than was asked for"),
    "status": ("时间戳机构拒绝了请求", "the authority refused to stamp"),
    "extension": ("时间戳有无法识别的扩展", "it has an extension that isn't understood"),
    "digest": ("签名的摘要与时间戳的内容不符", "the signed digest is not the time stamp's"),
    "signature": ("时间戳的签名无效", "the time stamp's signature does not hold"),
    "signer_certificate": ("时间戳没有指明签发它的证书", "it does not name the certificate that signed it"),
    "certificate": ("时间戳机构的证书不能用", "the authority's certificate is no good"),
    "purpose": ("证书不是专用于时间戳的", "the certificate is not for time stamps alone"),
    "no_path": ("时间戳机构的证书不通向信任的根", "the authority leads to no trusted root"),
    "time": (
        "时间不可信：在证书有效期之外、在将来或早于签名",
        "its time is outside the certificate's life, in the future, or before the signature",
    ),
    "accuracy": ("时间的精度超过一分钟", "its time is not accurate to a minute"),
    "ends_no_later": ("时间戳机构的有效期不长于要续的时间戳", "the authority ends no later than what it should renew"),
})  # fmt: skip
"""Why a time stamp is refused, in Chinese and English."""


class TimeStampError(PkiError):
    """A time stamp, its request or its authority is refused; `reason` is one of `TIME_STAMP_REASONS`."""

    code = "bad_time_stamp"

    def __init__(self, reason: str, detail: str) -> None:
        """`detail` is for a log."""
        super().__init__(detail)
        self.reason = reason
        zh, en = TIME_STAMP_REASONS[reason]
        self.zh, self.en = f"时间戳无效：{zh}", f"The time stamp is not good: {en}"
        self.extra: Mapping[str, object] = {"reason": reason}


class EvidenceError(PkiError):
    """Not an evidence bundle of a version that is known here."""

    code = "bad_evidence"


class IssueError(PkiError):
    """What is asked to be signed does not fit its signer (wrong key, no CA)."""

    code = "bad_issuer"


@dataclass(frozen=True, slots=True)
class Finding:
    """One lint finding: `name` is stable (snake case), `detail` says what was seen."""

    name: str
    detail: str


class LintError(PkiError):
    """The lint found something; nothing was signed. `findings` has them all."""

    code = "lint_failed"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        """Keep the findings and make a readable message of them."""
        self.findings = findings
        super().__init__("; ".join(f"{f.name}: {f.detail}" for f in findings))


class PathError(PkiError):
    """A certificate, its path or its status was judged and refused."""

    code = "path_error"


class Expired(PathError):
    """The certificate's validity ended before the moment asked about."""

    code = "expired"


class NotYetValid(PathError):
    """The certificate's validity begins after the moment asked about."""

    code = "not_yet_valid"


class BadCertificateSignature(PathError):
    """A signature on a certificate, CRL, OCSP response or message does not verify."""

    code = "bad_signature"


class UnknownIssuer(PathError):
    """No path leads from the certificate to a trusted root."""

    code = "unknown_issuer"


class NotACa(PathError):
    """A certificate of the path may not sign certificates: basic constraints, path length or key usage."""

    code = "not_a_ca"


class WrongUsage(PathError):
    """The key usage or extended key usage does not permit this use."""

    code = "wrong_usage"


class UnknownCritical(PathError):
    """A critical extension is not understood, so the certificate must be refused (RFC 5280, 4.2)."""

    code = "unknown_critical_extension"


class CertificateRevoked(PathError):
    """The certificate is revoked; `at` in ms since epoch and `reason` (RFC 5280 code) say when and why."""

    code = "revoked"

    def __init__(self, message: str, *, at: int, reason: int) -> None:
        """Keep when and why."""
        super().__init__(message)
        self.at = at
        self.reason = reason


class CertificateOnHold(CertificateRevoked):
    """The certificate is suspended (certificateHold; 挂失 or 冻结)."""

    code = "on_hold"


class StatusUnknown(PathError):
    """The status source does not speak about this certificate, or may not."""

    code = "status_unknown"


class StaleStatus(PathError):
    """The status is not of the moment asked about: too old, or from the future."""

    code = "stale_status"


class LogError(PkiError):
    """Something about the transparency log that doesn't hold; `zh` and `en` are for people."""

    code = "bad_log"
    zh = "透明日志有误"

    @property
    def en(self) -> str:
        """What was seen."""
        return str(self)


class LogFormError(LogError):
    """A note, checkpoint, tile, entry or proof out of form."""

    code = "bad_log_form"
    zh = "透明日志的数据格式不正确"


class LogSignatureError(LogError):
    """A checkpoint that the log's key didn't sign."""

    code = "bad_log_signature"
    zh = "日志检查点的签名无效，或不是该日志所签"


class CosignatureError(LogSignatureError):
    """A line under a witness's name and key id that the witness didn't sign."""

    code = "bad_cosignature"
    zh = "见证人的会签无效，或不是该见证人所签"


class LogProofError(LogError):
    """A proof that doesn't lead where it should."""

    code = "bad_log_proof"
    zh = "日志证明不成立"
