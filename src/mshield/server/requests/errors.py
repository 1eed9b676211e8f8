"""Errors of requests to sign or log in: creation by a business system, scanning, answers by a shield."""

from mshield.server.errors import DomainError


class NotSigned(
    DomainError,
    code="not_signed",
    zh="还没有签名",
    en="Not signed yet",
    faq="3.1",
):
    """The result is requested before the signature exists."""


class NotLoggedYet(
    DomainError,
    code="not_logged_yet",
    zh="签名还没有写入透明日志，请 {retry_after}后再取证据",
    en="The signature is not in the transparency log yet. Ask again in {retry_after}",
    faq="3.1",
):
    """Evidence is requested before the log has the signature, which takes about a second."""

    def __init__(self, *, retry_after: int = 1) -> None:
        super().__init__(retry_after=retry_after)


class EvidenceOver(
    DomainError,
    code="evidence_over",
    zh="签发这张证书的证书机构已到期，不能再出具证据包。请使用当时保存的证据包",
    en="The authority that issued this certificate has ended, so no evidence bundle can be made. Use the"
    " one that you kept",
    faq="3.10",
):
    """Evidence is requested after the issuing CA's certificate expired, when no status can be issued any more."""


class ContentErased(
    DomainError,
    code="content_erased",
    zh="文件内容已按保存期限删除，不能再出具它的证据包。请使用当时取得的已签文件或保存的证据包",
    en="The content was erased at the end of its retention period, so no evidence bundle can be made. "
    "Use the signed file or bundle that you kept",
    faq="3.10",
):
    """Evidence of an `xml` or `pdf` signature, which is part of the document, is requested after content erasure."""


class RequestClosed(
    DomainError,
    code="request_closed",
    zh="这项请求已经结束，这次没有执行。还需要时，请重新发起",
    en="This request has already ended, so nothing was done now. Start it again if you still need it",
    faq="3.1",
):
    """The request was signed, declined or cancelled already. `extra` has its `state`, or the phone's `own_signature`.

    The sentences describe only this call, since it is unknown who ended the request and how.
    """


class RequestOpen(
    DomainError,
    code="request_open",
    zh="请求还没有结束，请先签名、登录或拒绝",
    en="The request hasn't ended yet. Sign, log in or decline first",
    faq="3.1",
):
    """The return address is requested before the request has ended; `extra` has `state`."""


class ExpiredRequest(
    DomainError,
    code="expired_request",
    zh="二维码已失效，没有登录或签名。请刷新二维码",
    en="The code has expired. You were not logged in and nothing was signed. Refresh the code",
    faq="3.1",
):
    """The request has expired."""


class QrStale(
    DomainError,
    code="qr_stale",
    zh="这个二维码是旧的，这次没有登录或签名。请直接扫描屏幕上正在变化的二维码，不要扫照片或截图",
    en="This code is outdated. You were not logged in and nothing was signed. Scan the changing code on "
    "the screen, not a photo of it",
    faq="3.1",
):
    """The QR code is from an earlier second: a photo, a screenshot, or a relayed picture."""


class OtherShield(
    DomainError,
    code="other_shield",
    zh="这项请求是发给另一个手机盾的，没有登录或签名",
    en="This request is for another shield. You were not logged in and nothing was signed",
    faq="3.6",
):
    """The request is for another shield."""


class ShieldUnusable(
    DomainError,
    code="shield_unusable",
    zh="没有这个手机盾号，或它的证书现在不能签名。没有发出请求",
    en="There is no such shield, or its certificate can't sign now. No request was made",
):
    """A business system sends a request to a shield number that doesn't exist or can't sign."""


class InboxFull(
    DomainError,
    code="inbox_full",
    zh="这个手机盾的待办里已有本系统的 10 项请求，没有发出新的请求。请取消其中一项，或等一项结束后再试",
    en="This shield's inbox already has 10 requests of this system. No request was made. Cancel one, or "
    "wait until one ends",
):
    """A business system has the maximum number of open requests in this shield's inbox."""


class WrongClient(
    DomainError,
    code="wrong_client",
    zh="业务系统的编号或密钥不正确，或者该业务系统已停用",
    en="The client id or secret is wrong, or this business system is disabled",
):
    """The business system's credentials are wrong, or it is disabled."""


class InternalMessageRefused(
    DomainError,
    code="internal_message_refused",
    zh="内容带有手机盾的保留标记，不能直接签名",
    en="The content has a marker reserved for Mobile Shield and can't be signed directly",
):
    """The content begins like one of the protocol's own messages or is a login message."""


class SignedAttributesRefused(
    DomainError,
    code="signed_attributes_refused",
    zh="内容的形式与 CMS 签名属性相同，不能直接签名；请改用 cms 格式",
    en="The content has the form of CMS signed attributes and can't be signed directly. Use the format cms",
):
    """The signature of this raw content would also be a valid CMS signature over another content."""


class AmbiguousContentRefused(
    DomainError,
    code="ambiguous_content_refused",
    zh="内容是摘要、XML 的 SignedInfo、OFD 的签名清单、证书协议或电子印章的数据，或为空，签名会被当作别的内容的"
    "签名。没有发出请求；请签文件本身，或改用 cms 格式；OFD 目前不能签",
    en="The content is a digest, an XML SignedInfo, an OFD's list of signatures, data of a certificate protocol"
    " or of a seal, or empty, so its signature could be taken for another. No request was made. Sign the"
    " document itself, or use the format cms. OFD can't be signed yet",
):
    """The content's signature would be valid for a file, document or certificate that nobody saw.

    It is the bare signature, or for an OFD's list that of any format.
    """


class CharsetRefused(
    DomainError,
    code="charset_refused",
    zh="文本的字符编码不能用：须为 UTF-8、GB 18030 或 ASCII，与原文一致，"
    "并写在签名所及之处（raw 格式只能是 UTF-8 或 XML 自己声明的编码）",
    en="The charset can't be used: it must be UTF-8, GB 18030 or ASCII, match the bytes, and be stated "
    "where it is signed (format raw: only UTF-8 or the charset that the XML declares)",
):
    """The phone would decode the text in a charset other than the signed one."""


class UnshownRefused(
    DomainError,
    code="unshown_refused",
    zh="业务系统没有获准请求签署手机看不到内容的文件，没有发出请求",
    en="This business system may not request signatures of content that phones can't show. No request "
    "was made",
):
    """The system isn't approved for mere digests or types that phones can't display; `document` is the index."""

    def __init__(self, *, document: int = 0) -> None:
        super().__init__(document=document)


class InvalidPdf(
    DomainError,
    code="invalid_pdf",
    zh="PDF 不能签名：它可能变样，或不完整。没有发出请求，请按接入文档重新生成",
    en="The PDF can't be signed: it is incomplete, or could look different elsewhere. No request was "
    "made. Create it again",
):
    """The PDF may be displayed differently by different programs; `reason` says why, `document` is its index."""


class InvalidXml(
    DomainError,
    code="invalid_xml",
    zh="XML 不能签名：写法不规范，或含有不能签的内容。没有发出请求，请按接入文档重新生成",
    en="The XML can't be signed: it isn't well-formed, or contains something that is never signed. No "
    "request was made. Create it again",
):
    """The XML can't be signed under the E-Port profile; `reason` says why, `document` is its index from 0."""


class InvalidImage(
    DomainError,
    code="invalid_image",
    zh="图片不能签名：只能是一幅完整的 PNG 或 JPEG 图片，不能过大。没有发出请求",
    en="The image can't be signed: it must be a single, complete PNG or JPEG image of limited size. No "
    "request was made",
):
    """The image doesn't match its type, or isn't exactly one picture.

    `reason` says why; `document` is its index from 0.
    """


class ContentTooComplex(
    DomainError,
    code="content_too_complex",
    zh="文件内容过大或过于复杂，手机盾无法核对。没有发出请求，请拆分或简化文件",
    en="The content is too large or too complex to be checked. No request was made. Split or simplify the document",
):
    """A text is longer than 5 MiB, or drawing it or comparing it with its words takes too long.

    `document` is its index from 0.
    """


class CaStatusUnavailable(
    DomainError,
    code="ca_status_unavailable",
    zh="证书由外部机构签发，本服务还不能为其状态作证；签名本身有效，可取结果",
    en="An outside authority issued the certificate, whose status this service can't attest yet. The signature's "
    "result is available",
):
    """Evidence needs the outside CA's own statement of the certificate's status, which isn't fetched yet."""


class ReturnUrlUnknown(
    DomainError,
    code="return_url_unknown",
    zh="返回地址没有登记，请求没有发起。请登记后再用",
    en="The return address is not registered. No request was made. Register it first",
):
    """An app's request has a return address that isn't registered (R13)."""


class WrongReturnCode(
    DomainError,
    code="wrong_return_code",
    zh="没有从手机盾返回，不能取得结果",
    en="The result needs the code with which the shield's app returned",
):
    """The return code is missing or another request's: the caller isn't the app that the user returned to (R13)."""


class WrongStatusToken(
    DomainError,
    code="wrong_status_token",
    zh="页面已失效，请刷新后再试",
    en="This page is no longer valid. Reload it and try again",
    faq="3.1",
):
    """The status token is missing or another request's; the answer doesn't reveal whether the request exists."""
