"""Security headers of every answer: no type sniffing, no scripts, no framing."""

from tests.support.application import Application
from tests.support.cases import cases


@cases(
    "path",
    [
        "/healthz",
        "/api/phone/me",
        "/api/faq",
        "/api/pc/requests/x",
        "/no/such/page",
        "/oidc/jwks",
        "/oidc/authorize",
        "/openapi/pc.json",
        "/pki/root.cer",
        "/log/checkpoint",
        "/mshield.js",
        "/install",
        "/app",
        "/app/",
        "/app/sw.js",
        "/console/",
        "/portal/",
        "/register/",
        "/verify/",
    ],
)
async def test_each_answer_has_a_policy(application: Application, path: str) -> None:
    answer = await application.http.get(path)
    (policy,) = answer.headers.get_list("content-security-policy")
    assert {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


async def test_cross_origin_answer_has_a_policy(application: Application) -> None:
    asked = {"Origin": "https://business.example", "Access-Control-Request-Method": "GET"}
    answer = await application.http.options("/api/pc/requests/x", headers=asked)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
