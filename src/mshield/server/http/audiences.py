"""Audiences of the HTTP API, each with its OpenAPI document, its authentication and its challenge.

An operation belongs to the audience named by its only tag.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

CSRF_HEADER: Final = "X-CSRF-Token"
"""CSRF header of each change that only a cookie authenticates, so that no other site can make one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Audience of operations; `schemes` are their security schemes by name, in OpenAPI's form.

    `prefix` begins the addresses of the operations; `repeatable`: changing ones accept an `Idempotency-Key`.
    """

    name: str
    prefix: str = ""
    repeatable: bool = False
    title_zh: str
    title_en: str
    zh: str
    en: str
    schemes: Mapping[str, Mapping[str, Any]]

    @property
    def security(self) -> Sequence[Mapping[str, Sequence[str]]]:
        """Default authentication of the operations: any one of the schemes."""
        return [{name: []} for name in self.schemes]

    @property
    def title(self) -> str:
        return f"手机盾 Mobile Shield: {self.title_zh} {self.title_en}"

    @property
    def description(self) -> str:
        """Description of the OpenAPI document, in both languages."""
        return f"{self.zh}\n\n{self.en}"


AUDIENCES: Final[Mapping[str, Audience]] = {
    audience.name: audience
    for audience in (
        Audience(
            name="phone",
            prefix="/api/phone",
            repeatable=True,
            title_zh="手机端接口",
            title_en="phone API",
            zh="手机盾 APP 调用：注册、登录、申请、绑定、更新证书，扫码登录，扫码签名。",
            en="For the app on the phone: accounts, login, application, renewal, binding, co-signing.",
            schemes={
                "phone": {
                    "type": "http",
                    "scheme": "DPoP",
                    "description": (
                        "DPoP-bound access token (RFC 9449): `Authorization: DPoP "
                        "TOKEN`, and in the header `DPoP` a proof for this call, with "
                        "the claim `bd` over its body"
                    ),
                }
            },
        ),
        Audience(
            name="portal",
            prefix="/api/portal",
            repeatable=True,
            title_zh="法人门户接口",
            title_en="portal API",
            zh="法人在三证合一门户上调用：查看本企业的备案人员与手机盾，挂失、冻结、作废。",
            en="For the legal representative's portal: people and shields of their enterprises, holds, revocation.",
            schemes={
                "portal": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-mshield-portal",
                    "description": "The legal representative's session; without https its name is `mshield-portal`",
                }
            },
        ),
        Audience(
            name="register",
            prefix="/api/register",
            repeatable=True,
            title_zh="电脑注册接口",
            title_en="registration API",
            zh="电脑上的注册页面调用：图形验证码、短信验证码、注册。无需登录。",
            en="For the registration page on a PC: captcha, SMS code, account. No authentication.",
            schemes={},
        ),
        Audience(
            name="business",
            prefix="/api/business",
            repeatable=True,
            title_zh="业务系统接口",
            title_en="business system API",
            zh="业务系统的服务器调用：发起扫码登录或扫码签名，查询状态，取回并验证结果。",
            en="For a business system's server: request a login or a signature, poll it, fetch and verify the result.",
            schemes={
                "business": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Client ID and secret (RFC 7617); `mshield business add` prints them once",
                }
            },
        ),
        Audience(
            name="pc",
            prefix="/api/pc",
            title_zh="电脑网页接口",
            title_en="PC page API",
            zh="显示二维码的网页在浏览器里调用：凭状态令牌查看一个请求，不能取消，也取不到结果。",
            en="For the page that shows the QR code: with a status token it watches one request, and can do no more.",
            schemes={
                "status_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The `status_token` of the request that the business system made",
                }
            },
        ),
        Audience(
            name="oidc",
            prefix="/oidc",
            title_zh="OpenID Connect 接口",
            title_en="OpenID Connect",
            zh="业务系统以 OpenID Connect 标准接入“手机盾登录”。",
            en="Login by shield with OpenID Connect: discovery, authorization code with PKCE, tokens, userinfo, keys.",
            schemes={
                "oidc_client": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The client's ID and secret (RFC 6749, 2.3.1)",
                },
                "oidc_token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Access token of the token endpoint (RFC 6750)",
                },
            },
        ),
        Audience(
            name="console",
            prefix="/api/console",
            repeatable=True,
            title_zh="控制台接口",
            title_en="console API",
            zh="运营方员工在控制台调用：备案、账户、审计。每个操作写明所需角色。",
            en="For staff of the service's operator: filing, accounts, audit. Each operation requires a role.",
            schemes={
                "staff": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Token of `mshield staff token add` or of the console, for programs",
                },
                "console": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-mshield-console",
                    "description": "Session of a person; without https its name is `mshield-console`. Each changing "
                    "call carries its `csrf_token` in the header `X-CSRF-Token`",
                },
            },
        ),
        Audience(
            name="publication",
            title_zh="公开发布",
            title_en="publication",
            zh="任何人都可以取用：CA 证书、吊销列表、OCSP、透明日志。无需登录。",
            en="For anyone, without authentication: CA certificates, revocation lists, OCSP, the transparency log.",
            schemes={},
        ),
        Audience(
            name="service",
            title_zh="服务状态与常见问题",
            title_en="health, questions and answers",
            zh="任何人都可以取用：服务是否正常，手册中的常见问题。无需登录。",
            en="For anyone, without authentication: health, policies, and the manual's questions and answers.",
            schemes={},
        ),
    )
}

_CHALLENGES: Final = (
    ("/api/phone/", 'DPoP algs="ES256"'),
    # No registered scheme describes a cookie (RFC 9110, 16.4.1), and Basic would make browsers ask for a
    # password.
    ("/api/portal/", 'Session realm="mshield-portal"'),
    ("/api/business/", 'Basic realm="mshield", charset="UTF-8"'),
    ("/oidc/userinfo", 'Bearer realm="mshield"'),
    ("/oidc/", 'Basic realm="mshield", charset="UTF-8"'),
)
_BEARER: Final = 'Bearer realm="mshield"'
_ERRORS: Final[Mapping[str, str]] = {
    "invalid_proof": "invalid_dpop_proof",
    "clock_skewed": "invalid_dpop_proof",
}
"""Names of errors in the standard of their scheme (RFC 9449, 7.1)."""


def challenge(path: str, code: str) -> str:
    """Returns the WWW-Authenticate header of a 401: the credentials that this address requires (RFC 9110, 15.5.2)."""
    value = next((challenge for prefix, challenge in _CHALLENGES if path.startswith(prefix)), _BEARER)
    error = _ERRORS.get(code)
    return value if error is None else f'{value}, error="{error}"'
