"""What registering a business system meets, and its users' login by OpenID Connect."""

from mshield.domain.errors.domain_error import DomainError


class SystemAlike(
    DomainError,
    code="system_alike",
    zh="名称或域名与已登记的业务系统相同或相近，须由另一位安全管理员看过两者后批准。没有登记",
    en="Its name or domain is, or is like, that of a registered system: a second officer has to see both. "
    "Nothing was registered",
):
    """`alike` names each: `{client_id, name, domain, likeness}`."""


class InvalidSystem(
    DomainError,
    code="invalid_system",
    zh="业务系统的名称或域名不能登记：名称 1 至 64 个字，域名如 singlewindow.example。没有登记",
    en="The system's name or domain can't be registered: a name has 1 to 64 characters, a domain is like "
    "singlewindow.example. Nothing was registered",
):
    """What phones show of a business system; `field` is `name` or `domain`."""

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
    """An address to which the shield's app is to lead back (R13)."""

    def __init__(self, *, url: str = "") -> None:
        super().__init__(url=url)


class InvalidClientUri(
    DomainError,
    code="invalid_client_uri",
    zh="地址 {uri} 不能登记：须为不带片段和通配符的 https 地址（本机可用 http）",
    en="The address {uri} can't be registered: it must be https, or http on this machine, without fragment or wildcard",
):
    """An address of a business system that logs people in by OpenID Connect."""

    def __init__(self, *, uri: str = "") -> None:
        super().__init__(uri=uri)


class InvalidClientKeys(
    DomainError,
    code="invalid_client_keys",
    zh="private_key_jwt 需要一份 JWK Set，其中为 EC、RSA 或 OKP 公钥且不含私钥；其他方式不需要",
    en="private_key_jwt needs a JWK set of public EC, RSA or OKP keys, with nothing private; other methods need none",
):
    """The keys that a business system registers."""


class WebhookUrlRefused(
    DomainError,
    code="webhook_url_refused",
    zh="通知地址必须是完整的 https 地址，不含用户名和片段，没有添加",
    en="A webhook goes to a whole https address without user name or fragment. Nothing was added",
):
    """The address of an endpoint isn't one that may be stored."""


class WebhookAddressRefused(
    DomainError,
    code="webhook_address_refused",
    zh="这个地址在本机或内网，手机盾不会向它发送通知，没有添加。请换成公网地址；确要用内网的，请运维先在 "
    "MSHIELD_WEBHOOK_NETWORKS 里允许",
    en="This address is this host's own or lies inside a network, where no webhook is sent. Nothing was added. Take a "
    "public one, or have its network allowed in MSHIELD_WEBHOOK_NETWORKS first",
):
    """The address of an endpoint is one where no webhook goes."""


class SecretBeforeCounts(
    DomainError,
    code="secret_before_counts",
    zh="上一个密钥仍然有效，现在再更换会使它立即失效，没有更换。请等它失效，或选择强制更换",
    en="The secret before still counts, and another change would end it at once. Nothing was changed: wait for its "
    "end, or force the change",
):
    """Two secrets count at most: a receiver that hasn't changed over yet would know neither. `extra` has `until`."""


class LoginRefused(
    DomainError,
    code="login_refused",
    zh="业务系统发来的登录请求有误，没有开始登录。请返回业务系统再试一次，或联系其管理员",
    en="The business system's login request is wrong, so no login began. Go back and try again, or tell its operator",
    faq="3.1",
):
    """A request that must not be answered by sending the browser on. `extra` has `reason`, for the operator."""


class LoginOver(
    DomainError,
    code="login_over",
    zh="这次登录已经结束、过期，或是在另一个浏览器中开始的。请回到业务系统重新登录",
    en="This login is over, or was begun in another browser. Go back to the business system and log in again",
    faq="3.1",
):
    """An authorization that doesn't exist, isn't open, or isn't this browser's."""


class LogoutRefused(
    DomainError,
    code="logout_refused",
    zh="业务系统发来的退出请求有误。手机盾不保留登录状态，请在业务系统中退出",
    en="The business system's request to log out is wrong. Mobile Shield keeps no login: log out of that system",
    faq="3.1",
):
    """A token that isn't ours or another client's. `extra` has `reason`, for the operator."""
