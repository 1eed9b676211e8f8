"""Errors of registering a business system, and of its users' login by OpenID Connect."""

from collections.abc import Sequence

from mshield.server.errors import DomainError


class SystemAlike(
    DomainError,
    code="system_alike",
    zh="名称或域名与已登记的业务系统相同或相近，须由另一位安全管理员看过两者后批准。没有登记",
    en="The name or domain equals or resembles that of a registered system, so a second officer has to "
    "see both. Nothing was registered",
):
    """Similar systems are registered; `alike` lists them as `{client_id, name, domain, likeness}`."""


class InvalidSystem(
    DomainError,
    code="invalid_system",
    zh="业务系统的名称或域名不能登记：名称 1 至 64 个字，域名如 singlewindow.example。没有登记",
    en="The system's name or domain can't be registered: a name has 1 to 64 characters, a domain is like "
    "singlewindow.example. Nothing was registered",
):
    """The name or domain shown on phones is invalid; `field` is `name` or `domain`."""

    def __init__(self, *, field: str = "") -> None:
        super().__init__(field=field)


class InvalidReturnUrl(
    DomainError,
    code="invalid_return_url",
    zh="返回地址 {url} 不能登记：须为不带片段和通配符的 https 地址（本机可用 http），"
    "或本服务允许的应用协议（MSHIELD_RETURN_SCHEMES）",
    en="The return address {url} can't be registered: it must be https, http on this machine, or by an app's scheme "
    "that this service allows (MSHIELD_RETURN_SCHEMES), without fragment or wildcard",
):
    """The address to which the shield's app is to return can't be registered (R13)."""

    def __init__(self, *, url: str = "") -> None:
        super().__init__(url=url)


class InvalidClientUri(
    DomainError,
    code="invalid_client_uri",
    zh="地址 {uri} 不能登记：须为不带片段和通配符的 https 地址（本机可用 http）",
    en="The address {uri} can't be registered: it must be https, or http on this machine, without fragment or wildcard",
):
    """The OpenID Connect address of a business system can't be registered."""

    def __init__(self, *, uri: str = "") -> None:
        super().__init__(uri=uri)


class InvalidClientKeys(
    DomainError,
    code="invalid_client_keys",
    zh="private_key_jwt 需要一份 JWK Set，其中为 EC、RSA 或 OKP 公钥且不含私钥；其他方式不需要",
    en="private_key_jwt needs a JWK set of public EC, RSA or OKP keys, without private ones; other "
    "methods need none",
):
    """The keys that a business system registers are invalid."""


class WebhookUrlRefused(
    DomainError,
    code="webhook_url_refused",
    zh="通知地址必须是完整的 https 地址，不含用户名和片段，没有添加",
    en="A webhook needs a complete https address without user name or fragment. Nothing was added",
):
    """The endpoint's address has a form that isn't permitted."""


class WebhookAddressRefused(
    DomainError,
    code="webhook_address_refused",
    zh="这个地址在本机或内网，手机盾不会向它发送通知，没有添加。请换成公网地址；确要用内网的，请运维先在 "
    "MSHIELD_WEBHOOK_NETWORKS 里允许",
    en="This address is this host or in an internal network, to which no webhook is sent. Nothing was "
    "added. Use a public one, or have its network allowed in MSHIELD_WEBHOOK_NETWORKS first",
):
    """The endpoint's address is one to which webhooks are never sent."""


class SecretBeforeCounts(
    DomainError,
    code="secret_before_counts",
    zh="上一个密钥仍然有效，现在再更换会使它立即失效，没有更换。请等它失效，或选择强制更换",
    en="The previous secret is still valid, and another change would end it at once. Nothing was "
    "changed. Wait until it ends, or force the change",
):
    """The previous secret is still valid, and at most two may be.

    Replacing it now would lock out a receiver that hasn't switched yet. `extra` has `until`.
    """


class LoginRefused(
    DomainError,
    code="login_refused",
    zh="业务系统发来的登录请求有误，没有开始登录。请返回业务系统再试一次，或联系其管理员",
    en="The business system's login request is invalid, so no login was started. Go back and try again, "
    "or tell its operator",
    faq="3.1",
):
    """The authorization request is invalid in a way that forbids redirecting the browser.

    `extra` has the `reason`, for the operator.
    """


class LoginOver(
    DomainError,
    code="login_over",
    zh="这次登录已经结束、过期，或是在另一个浏览器中开始的。请回到业务系统重新登录",
    en="This login has ended, or was started in another browser. Go back to the business system and log "
    "in again",
    faq="3.1",
):
    """The authorization doesn't exist, isn't open, or was begun in another browser."""


class LogoutRefused(
    DomainError,
    code="logout_refused",
    zh="业务系统发来的退出请求有误。手机盾不保留登录状态，请在业务系统中退出",
    en="The business system's logout request is invalid. Mobile Shield has no login of yours: log out of"
    " that system",
    faq="3.1",
):
    """The logout request has a token that isn't ours or belongs to another client.

    `extra` has the `reason`, for the operator.
    """


class ViewFailed(
    DomainError,
    code="view_failed",
    zh="展示规则有误，或者不能展示这份内容，没有提交",
    en="The view is faulty, or can't draw this content. Nothing was submitted",
):
    """The view is faulty or can't display the content.

    `error` and `at` come from the renderer (views.md, section 1); `place` is the index of the document or
    sample from 0, null if the view itself can't be read.
    """


class ViewRequired(
    DomainError,
    code="view_required",
    zh="业务系统登记了这种内容的展示规则，请求必须写明用哪一个展示，没有提交",
    en="The business system has a view for this content, which the request has to name. Nothing was "
    "submitted",
):
    """The document must name the view registered for it: `view`; `place` is the document's index from 0."""


class ViewOutdated(
    DomainError,
    code="view_outdated",
    zh="这个展示规则已有新版，旧版不能再用，没有提交。请写明新版，或者只写 id",
    en="This view has a newer version, so the earlier one can't be used. Nothing was submitted. Name the new one, or"
    " the id alone",
):
    """The document names an earlier version of a view; `version` is the one in force, null if it was withdrawn."""


class ViewAlike(
    DomainError,
    code="view_alike",
    zh="展示规则的 id 与已登记的 {like} 看起来一样，没有提交。请换一个不会混淆的 id，或提交 {like} 的新版",
    en="The view's id looks like that of the registered {like}. Nothing was submitted. Choose another id, or hand in a"
    " new version of {like}",
):
    """The system has a view whose id looks the same, `like`: people would take one for the other."""

    def __init__(self, *, like: str = "") -> None:
        super().__init__(like=like)


class ViewUnseen(
    DomainError,
    code="view_unseen",
    zh="展示规则不显示 {first}，但样例里没有这些内容，批准的人看不到隐藏了什么，没有提交。请补上有这些内容的样例",
    en="The view hides {first}, of which no sample has anything, so whoever approves it wouldn't see what it hides."
    " Nothing was submitted. Add samples that have it",
):
    """The view ignores `paths` that occur in none of its samples; `first` names up to three."""

    def __init__(self, *, paths: Sequence[str] = ()) -> None:
        super().__init__(paths=list(paths), first="、".join(paths[:3]))


class ViewVersionWrong(
    DomainError,
    code="view_version_wrong",
    zh="展示规则的版本应当是 {expected}，没有提交",
    en="The view's version has to be {expected}. Nothing was submitted",
):
    """The view's version isn't the next one, `expected`: versions of one id are consecutive."""
