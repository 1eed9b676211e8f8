"""The phone app's files: which address serves which file, how long it is cached, its security policy."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from mshield.server.http.sites import phone_app
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.serving import serving

BUILD = {
    "index.html": b"<!doctype html><title>app</title>" + b" " * 200,
    "sw.js": b"self.addEventListener('install', () => {});",
    "manifest.webmanifest": b'{"name": "app"}',
    "logo.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "icon-192.png": b"\x89PNG\r\n\x1a\n",
    "assets/index-0a1b2c3d.js": b"export {};" * 100,
    "assets/index-0a1b2c3d.css": b"body{}",
    "assets/reader-0a1b2c3d.wasm": b"\0asm\1\0\0\0",
    "assets/text-0a1b2c3d.woff2": b"wOF2",
}


@pytest.fixture
def build(tmp_path: Path) -> Path:
    for name, content in BUILD.items():
        file = tmp_path / "app" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return tmp_path / "app"


@pytest.fixture
async def http(build: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app's files alone."""
    transport = httpx.ASGITransport(serving(phone_app.phone_app(build).routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://shield.example") as made:
        yield made


@pytest.mark.parametrize(
    ("path", "media_type", "keep"),
    [
        ("", "text/html; charset=utf-8", "no-cache"),
        ("index.html", "text/html; charset=utf-8", "no-cache"),
        ("sw.js", "text/javascript; charset=utf-8", "no-cache"),
        ("manifest.webmanifest", "application/manifest+json", "no-cache"),
        ("logo.svg", "image/svg+xml", "no-cache"),
        ("icon-192.png", "image/png", "no-cache"),
        ("assets/index-0a1b2c3d.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("assets/index-0a1b2c3d.css", "text/css; charset=utf-8", "public, max-age=31536000, immutable"),
        ("assets/reader-0a1b2c3d.wasm", "application/wasm", "public, max-age=31536000, immutable"),
        ("assets/text-0a1b2c3d.woff2", "font/woff2", "public, max-age=31536000, immutable"),
    ],
)
async def test_file_has_its_type_and_cache_time(
    http: httpx.AsyncClient, path: str, media_type: str, keep: str
) -> None:
    answer = await http.get(f"/app/{path}")
    assert (answer.status_code, answer.content) == (200, BUILD[path or "index.html"])
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == keep
    again = await http.get(f"/app/{path}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == keep


@pytest.mark.parametrize(
    "path", ["login", "sign?request=1&k=2", "me/signatures/7", "q/7?t=1&c=2", "..%2Fpages.json"]
)
async def test_addresses_of_the_app_serve_the_document(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(f"/app/{path}")
    assert (answer.status_code, answer.content) == (200, BUILD["index.html"])
    assert answer.headers["cache-control"] == "no-cache"


async def test_missing_slash_is_redirected(http: httpx.AsyncClient) -> None:
    answer = await http.get("/app?utm=1")
    assert (answer.status_code, answer.headers["location"]) == (308, "/app/?utm=1")
    assert (await http.get("/app")).headers["location"] == "/app/"


async def test_a_file_of_an_older_build_is_not_found(build: Path) -> None:
    transport = httpx.ASGITransport(serving(phone_app.phone_app(build).routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://shield.example") as http:
        assert_refused(await http.get("/app/assets/index-ffffffff.js"), "not_found", 404)


async def test_compressible_files_are_compressed(http: httpx.AsyncClient) -> None:
    script = await http.get("/app/assets/index-0a1b2c3d.js")
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["vary"] == "Accept-Encoding"
    plain = await http.get("/app/assets/index-0a1b2c3d.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["etag"] != script.headers["etag"]
    assert "content-encoding" not in (await http.get("/app/icon-192.png")).headers


async def test_policy_of_the_document_allows_only_what_the_app_does(http: httpx.AsyncClient) -> None:
    headers = (await http.get("/app/")).headers
    assert headers["content-security-policy"].split("; ") == [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types vue mshield",
    ]
    features = headers["permissions-policy"].split(", ")
    assert [each for each in features if not each.endswith("=()")] == [
        "camera=(self)",
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
    assert {"microphone=()", "geolocation=()", "payment=()"} <= set(features)
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", ["sw.js", "assets/index-0a1b2c3d.js"])
async def test_a_worker_has_a_policy_of_its_own(http: httpx.AsyncClient, path: str) -> None:
    headers = (await http.get(f"/app/{path}")).headers
    policy = headers["content-security-policy"]
    assert policy.startswith(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src"
    )
    assert "unsafe-inline" not in policy
    assert {"base-uri 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
    assert headers.get("service-worker-allowed") == ("/app/" if path == "sw.js" else None)


async def test_service_serves_the_app(
    application: Application, build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone_app.PHONE_APP, "by_path", phone_app.phone_app(build).by_path)
    got, head = await application.http.get("/app/me"), await application.http.head("/app/me")
    assert (got.status_code, got.content) == (200, BUILD["index.html"])
    assert got.headers.get_list("x-content-type-options") == ["nosniff"]
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "content-security-policy"):
        assert head.headers[name] == got.headers[name]
    refused = await application.http.get("/app/assets/gone.js")
    assert_refused(refused, "not_found", 404)
    refused = await application.http.post("/app/")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


async def test_without_a_build_it_says_so(
    application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone_app.PHONE_APP, "by_path", phone_app.phone_app(tmp_path / "none").by_path)
    answer = await application.http.get("/app/")
    assert_refused(answer, "not_built", 503)
