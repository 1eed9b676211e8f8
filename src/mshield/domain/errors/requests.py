"""What a request to sign or log in meets: asked by a business system, shown as a code, answered by a shield."""

from mshield.domain.errors.domain_error import DomainError


class NotSigned(
    DomainError,
    code="not_signed",
    zh="还没有签名",
    en="Not signed yet",
    faq="3.1",
):
    """The result is asked for before it is there."""


class NotLoggedYet(
    DomainError,
    code="not_logged_yet",
    zh="签名还没有写入透明日志，请 {retry_after} 秒后再取证据",
    en="The signature is not in the transparency log yet. Ask again in {retry_after:second|seconds}",
    faq="3.1",
):
    """The evidence is asked for before the log has the signature, which takes about a second."""

    def __init__(self, *, retry_after: int = 1) -> None:
        super().__init__(retry_after=retry_after)


class EvidenceOver(
    DomainError,
    code="evidence_over",
    zh="签发这张证书的证书机构已到期，不能再出具证据包。请使用当时保存的证据包",
    en="The authority that issued this certificate has ended, so no bundle can be made. Use the one kept from before",
    faq="3.10",
):
    """A bundle is asked for after the issuing CA's certificate ended: nobody can state the signer's status any more."""


class ContentErased(
    DomainError,
    code="content_erased",
    zh="文件内容已按保存期限删除，不能再出具它的证据包。请使用当时取得的已签文件或保存的证据包",
    en="The content was erased when its time was over, so no bundle can be made. Use the file or bundle that you kept",
    faq="3.10",
):
    """Evidence of a signature that stands in the document itself, `xml` or `pdf`, after its content was erased."""


class RequestClosed(
    DomainError,
    code="request_closed",
    zh="这项请求已经结束，这次没有执行。还需要时，请重新发起",
    en="This request is over already, so nothing was done now. Start it again if you still need it",
    faq="3.1",
):
    """The request was signed, declined or cancelled already. `extra` names its `state`, or the phone's `own_signature`.

    Its sentences are of this call alone: by whom and how it ended, they can't know.
    """


class RequestOpen(
    DomainError,
    code="request_open",
    zh="请求还没有结束，请先签名、登录或拒绝",
    en="The request isn't over yet. Sign, log in or decline first",
    faq="3.1",
):
    """The way back is asked for before the request has ended; its extra is `state`."""


class ExpiredRequest(
    DomainError,
    code="expired_request",
    zh="二维码已失效，没有登录或签名。请刷新二维码",
    en="The code has expired. Nothing was logged in or signed. Refresh the code",
    faq="3.1",
):
    """The request's time is over."""


class QrStale(
    DomainError,
    code="qr_stale",
    zh="这个二维码是旧的，这次没有登录或签名。请直接扫描屏幕上正在变化的二维码，不要扫照片或截图",
    en="This code is old. Nothing was logged in or signed now. Scan the changing code on the screen, not a photo of it",
    faq="3.1",
):
    """The code of a second that is over: a photo, a screenshot, or a relayed picture."""


class OtherShield(
    DomainError,
    code="other_shield",
    zh="这项请求是发给另一个手机盾的，没有登录或签名",
    en="This request is for another shield. Nothing was logged in or signed",
    faq="3.6",
):
    """A request for one shield, scanned by another."""


class ShieldUnusable(
    DomainError,
    code="shield_unusable",
    zh="没有这个手机盾号，或它的证书现在不能签名。没有发出请求",
    en="There is no such shield, or its certificate cannot sign now. Nothing was asked",
):
    """A business system asks by a shield number that cannot answer."""


class InboxFull(
    DomainError,
    code="inbox_full",
    zh="这个手机盾的待办里已有本系统的 10 项请求，没有发出新的请求。请取消其中一项，或等一项结束后再试",
    en="Ten requests of this system wait in this shield's inbox already. Nothing was asked. Cancel one or let one end",
):
    """A business system asks by a shield number while as many of its requests wait there as may."""


class WrongClient(
    DomainError,
    code="wrong_client",
    zh="业务系统的编号或密钥不对，或者该业务系统已停用",
    en="The client id or the secret is wrong, or this business system is disabled",
):
    """A business system that isn't known by what it shows, or may ask for nothing."""


class InternalMessageRefused(
    DomainError,
    code="internal_message_refused",
    zh="内容带有手机盾的保留标记，不能直接签名",
    en="The content bears a mark reserved for Mobile Shield and cannot be signed as it is",
):
    """A business message that begins like one of the protocol's own, or that is what a login signs."""


class SignedAttributesRefused(
    DomainError,
    code="signed_attributes_refused",
    zh="内容的形式与 CMS 签名属性相同，不能直接签名；请改用 cms 格式",
    en="The content has the form of CMS signed attributes and cannot be signed as it is. Use the format cms",
):
    """A raw content whose signature would serve as a CMS signature over another content."""


class AmbiguousContentRefused(
    DomainError,
    code="ambiguous_content_refused",
    zh="内容是摘要、XML 的 SignedInfo、证书内容或为空，直接签名会被当作别的内容的签名。没有发出请求；"
    "请签文件本身，或改用 cms 格式",
    en="The content is a digest, an XML SignedInfo, a certificate's own, or empty: its signature would serve for "
    "something else. Nothing was asked. Sign the document itself, or use the format cms",
):
    """A content whose bare signature would serve for a file, a document or a certificate that nobody saw."""


class CharsetRefused(
    DomainError,
    code="charset_refused",
    zh="文本的字符编码不能用：须为 UTF-8、GB 18030 或 ASCII，与原文一致，"
    "并写在签名所及之处（raw 格式只能是 UTF-8 或 XML 自己声明的编码）",
    en="The text's charset can't be used: it must be UTF-8, GB 18030 or ASCII, that of the octets, and said where it "
    "is signed (in the format raw UTF-8, or what the XML declares itself)",
):
    """A text that a phone would read as nobody has signed it."""


class UnshownRefused(
    DomainError,
    code="unshown_refused",
    zh="业务系统没有获准请求签署手机看不到内容的文件，没有发出请求",
    en="The business system may not ask for what a phone can't show. Nothing was asked",
):
    """A digest alone, or a type that no phone draws, of a system that no two officers let; `document` says which."""

    def __init__(self, *, document: int = 0) -> None:
        super().__init__(document=document)


class InvalidPdf(
    DomainError,
    code="invalid_pdf",
    zh="PDF 不能签名：它可能变样，或不完整。没有发出请求，请按接入文档重新生成",
    en="The PDF can't be signed: it could look otherwise, or isn't whole. Nothing was asked. Make it anew",
):
    """A PDF that programs need not all and always show alike; `reason` says why, `document` which one, from 0."""


class InvalidXml(
    DomainError,
    code="invalid_xml",
    zh="XML 不能签名：写法不规范，或含有不能签的内容。没有发出请求，请按接入文档重新生成",
    en="The XML can't be signed: it isn't well-formed, or holds what is never signed. Nothing was asked. Make it anew",
):
    """XML that can't be signed as E-Port has it; `reason` says why, `document` which one, from 0."""


class InvalidImage(
    DomainError,
    code="invalid_image",
    zh="图片不能签名：只能是一幅完整的 PNG 或 JPEG 图片，不能过大。没有发出请求",
    en="The image can't be signed: it must be one whole picture, PNG or JPEG, not too large. Nothing was asked",
):
    """An image that isn't what its type says, or isn't one picture; `reason` says why, `document` which one, from 0."""


class ReturnUrlUnknown(
    DomainError,
    code="return_url_unknown",
    zh="返回地址没有登记，请求没有发起。请登记后再用",
    en="The return address is not registered. Nothing was asked. Register it first",
):
    """A request by an app leads back to a registered address, or isn't made (R13)."""


class WrongReturnCode(
    DomainError,
    code="wrong_return_code",
    zh="没有从手机盾返回，不能取得结果",
    en="Without the way back from the shield's app there is no result",
):
    """No return code, or another request's: whoever asks isn't whom the app led back (R13)."""


class WrongStatusToken(
    DomainError,
    code="wrong_status_token",
    zh="页面已失效，请刷新后再试",
    en="This page is no longer valid. Reload it and try again",
    faq="3.1",
):
    """No status token, or another request's: whether the request is there isn't told."""
