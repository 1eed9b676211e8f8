"""Routing: each address leads to its declared route, and parameters are validated before the handler."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

import httpx
import pytest
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from mshield.server.http.edge.dispatch import Dispatch
from mshield.server.http.query import Query, StrictQuery
from mshield.server.http.router import Router, page_route
from mshield.server.main import create_app
from mshield.server.settings.settings import Settings
from tests.support.assertions import assert_refused
from tests.support.serving import serving

Number = Annotated[int, Meta(ge=0, le=2**40)]
Word = Annotated[str, Meta(min_length=1, max_length=4, pattern=r"^[a-z]+\Z")]


class Page(StrictQuery, frozen=True):
    word: Word | None = None
    kind: Literal["a", "b"] | None = None
    here: bool | None = None
    since: Annotated[Number | None, Meta(description="ms")] = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class Loose(Query, frozen=True):
    wanted: Word


def _router() -> Router:
    router = Router("service", prefix="/x", also_head=True)

    @router.get("/list", summary="", operation_id="list", answers={})
    async def page(request: Request, query: Page) -> Response:
        return PlainTextResponse(f"{query.word} {query.kind} {query.here} {query.since} {query.limit}")

    @router.get("/loose", summary="", operation_id="loose", answers={})
    async def loose(request: Request, query: Loose) -> Response:
        return PlainTextResponse(query.wanted)

    @router.get("/{name}.txt", summary="", operation_id="file", answers={})
    async def file(request: Request, name: Annotated[str, Meta(max_length=4)]) -> Response:
        return PlainTextResponse(f"file {name}")

    @router.delete("/{name}", summary="", operation_id="remove", answers={})
    async def remove(request: Request, name: str) -> Response:
        return PlainTextResponse(f"remove {name}")

    @router.get("/tile/{level}/{place:path}", summary="", operation_id="tile", answers={})
    async def tile(request: Request, level: str, place: str) -> Response:
        return PlainTextResponse(f"tile {level} {place}")

    @router.get("/tile/entries/{place:path}", summary="", operation_id="entries", answers={})
    async def entries(request: Request, place: str) -> Response:
        return PlainTextResponse(f"entries {place}")

    return router


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(serving(_router().routes)), base_url="http://shield.example"
    ) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("GET", "/x/abc.txt", "file abc"),
        ("DELETE", "/x/abc.txt", "remove abc.txt"),
        ("DELETE", "/x/list", "remove list"),
        ("GET", "/x/tile/0/x001/234", "tile 0 x001/234"),
        ("GET", "/x/tile/entries/x001/234", "entries x001/234"),
        ("GET", "/x/tile/entries/", "entries "),
        ("GET", "/x/tile/entries2/", "tile entries2 "),
        ("HEAD", "/x/abc.txt", ""),
    ],
)
async def test_an_address_leads_to_its_route(
    http: httpx.AsyncClient, method: str, path: str, text: str
) -> None:
    answer = await http.request(method, path)
    assert (answer.status_code, answer.text) == (200, text)


@pytest.mark.parametrize("path", ["/", "/x", "/x/", "/x/a/b", "/x/tile/0", "/X/list", "/x//list"])
async def test_an_address_of_no_route_is_not_found(http: httpx.AsyncClient, path: str) -> None:
    assert_refused(await http.get(path), "not_found", 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/x/list", "DELETE, GET, HEAD"),
        ("POST", "/x/a.txt", "DELETE, GET, HEAD"),
        ("GET", "/x/a", "DELETE"),
        ("HEAD", "/x/a", "DELETE"),
        ("OPTIONS", "/x/tile/entries/1", "GET, HEAD"),
    ],
)
async def test_wrong_method_lists_the_allowed_ones(
    http: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await http.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "None None None None 50"),
        ("word=ab&kind=b&here=true&since=0&limit=100", "ab b True 0 100"),
        ("limit=1&limit=2", "None None None None 2"),
    ],
)
async def test_a_query_is_read_once_by_its_struct(http: httpx.AsyncClient, query: str, text: str) -> None:
    assert (await http.get(f"/x/list?{query}")).text == text


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("word=", ["query.word"]),
        ("word=ab%0A", ["query.word"]),
        ("kind=null", ["query.kind"]),
        ("here=yes", ["query.here"]),
        ("since=null&limit=101", ["query.since", "query.limit"]),
        ("limit=1e1", ["query.limit"]),
        ("limit=1.0", ["query.limit"]),
        ("limit=%2B1", ["query.limit"]),
        ("limit=1_0", ["query.limit"]),
        ("limit=", ["query.limit"]),
        ("other=1&limit=0", ["query.limit", "query.other"]),
    ],
)
async def test_each_wrong_parameter_is_named(http: httpx.AsyncClient, query: str, fields: list[str]) -> None:
    answer = await http.get(f"/x/list?{query}")
    assert_refused(answer, "invalid_request", 422)
    assert answer.json()["fields"] == fields


async def test_required_query_is_checked_and_others_are_ignored(http: httpx.AsyncClient) -> None:
    assert (await http.get("/x/loose?wanted=a&other=1")).text == "a"
    assert (await http.get("/x/loose?other=1")).json()["fields"] == ["query.wanted"]


async def test_a_parameter_of_the_path_has_its_bounds(http: httpx.AsyncClient) -> None:
    answer = await http.get("/x/abcde.txt")
    assert (answer.status_code, answer.json()["fields"]) == (422, ["path.name"])


def test_endpoint_parameters_must_be_in_its_address() -> None:
    async def endpoint(request: Request, other: str) -> Response:
        raise NotImplementedError

    with pytest.raises(TypeError, match="other"):
        page_route("/a/{name}", endpoint)


def test_every_route_of_the_service_is_found_at_its_own_address() -> None:
    app = create_app(Settings.of(mode="demo"))
    dispatch = Dispatch(app, app.all_routes, most=1, refuse=None)  # type: ignore[arg-type]  # nothing is called
    for route in app.all_routes:
        address = route.path.replace(":path}", "}").replace("{", "").replace("}", "")
        found = dispatch._route_of(address, route.method)
        assert found is not None, route.path
        assert found[0] is route, route.path
