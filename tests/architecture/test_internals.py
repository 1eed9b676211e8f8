"""Checks the private parts of uvicorn and asyncpg that the service overrides or calls.

`http/edge/connection.py`, `http/edge/exchange.py` and `database/connections.py` depend on them. An upgrade that
renames one or changes a signature fails here with its name. Until the file fits it, the file's `_PLAIN` leaves the work
to the library; `tests/runtime/test_connections.py`, `test_exchange.py` and `tests/database` run both ways.
"""

import ast
import inspect
import re
import textwrap
from typing import Any, Final

import asyncpg
import asyncpg.connection
import asyncpg.protocol.protocol
import pytest
from uvicorn.protocols.http import httptools_impl
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.server import ServerState

_PARAMETERS: Final[dict[tuple[type, str], str]] = {
    (httptools_impl.HttpToolsProtocol, "__init__"): "self config server_state app_state _loop=",
    (httptools_impl.HttpToolsProtocol, "connection_made"): "self transport",
    (httptools_impl.HttpToolsProtocol, "data_received"): "self data",
    (httptools_impl.HttpToolsProtocol, "on_message_begin"): "self",
    (httptools_impl.HttpToolsProtocol, "on_header"): "self name value",
    (httptools_impl.HttpToolsProtocol, "on_headers_complete"): "self",
    (httptools_impl.HttpToolsProtocol, "on_body"): "self body",
    (httptools_impl.HttpToolsProtocol, "on_message_complete"): "self",
    (httptools_impl.HttpToolsProtocol, "on_response_complete"): "self",
    (httptools_impl.HttpToolsProtocol, "send_400_response"): "self msg",
    (httptools_impl.HttpToolsProtocol, "_start_asgi_task"): "self cycle app",
    (httptools_impl.RequestResponseCycle, "__init__"): (
        "self scope transport flow logger access_logger access_log default_headers message_event"
        " expect_100_continue keep_alive on_response"
    ),
    (httptools_impl.RequestResponseCycle, "send"): "self message",
    (httptools_impl.RequestResponseCycle, "receive"): "self",
    (FlowControl, "pause_reading"): "self",
    (FlowControl, "resume_reading"): "self",
    (asyncpg.Connection, "_execute"): (
        "self query args limit timeout *return_status= *ignore_custom_codec= *record_class="
    ),
    (asyncpg.Connection, "_cancel_current_command"): "self waiter cancel_waiter=",
    (asyncpg.Connection, "_process_log_message"): "self fields last_query",
    (asyncpg.Connection, "_drop_global_statement_cache"): "self",
    (asyncpg.Connection, "get_reset_query"): "self",
    (asyncpg.Connection, "is_closed"): "self",
    (asyncpg.Connection, "reload_schema_state"): "self",
    (asyncpg.Connection, "terminate"): "self",
    (asyncpg.connection._StatementCache, "get"): "self query *promote=",
    (asyncpg.protocol.protocol.BaseProtocol, "bind_execute"): (
        "self state args portal_name limit return_extra timeout"
    ),
    (asyncpg.protocol.protocol.BaseProtocol, "is_in_transaction"): "self",
}
"""Parameters of each method: `=` marks a default, `*` a keyword-only parameter."""

_ATTRIBUTES: Final[dict[type, str]] = {
    httptools_impl.HttpToolsProtocol: (
        "access_logger app cycle expect_100_continue flow headers logger loop parser pipeline root_path scope"
        " server_state transport url"
    ),
    httptools_impl.RequestResponseCycle: (
        "body chunked_encoding default_headers disconnected expected_content_length keep_alive message_event"
        " more_body on_response response_complete response_started scope transport flow waiting_for_100_continue"
    ),
    FlowControl: "write_paused",
    ServerState: "connections default_headers total_requests",
    asyncpg.Connection: "_loop _protocol _query_loggers _stmt_cache _stmt_exclusive_section",
}
"""Attributes that the methods of each class assign to `self`."""


def _parameters(method: Any) -> str:
    names = []
    for parameter in inspect.signature(method).parameters.values():
        keyword_only = "*" if parameter.kind is parameter.KEYWORD_ONLY else ""
        default = "" if parameter.default is parameter.empty else "="
        names.append(f"{keyword_only}{parameter.name}{default}")
    return " ".join(names)


def _assigned(owner: type) -> set[str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(owner)))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }


@pytest.mark.parametrize(
    ("owner", "name"), _PARAMETERS, ids=[f"{owner.__name__}.{name}" for owner, name in _PARAMETERS]
)
def test_method_has_the_parameters_that_the_service_uses(owner: type, name: str) -> None:
    assert _parameters(getattr(owner, name)) == _PARAMETERS[owner, name]


@pytest.mark.parametrize("owner", _ATTRIBUTES, ids=[owner.__name__ for owner in _ATTRIBUTES])
def test_class_has_the_attributes_that_the_service_uses(owner: type) -> None:
    assert set(_ATTRIBUTES[owner].split()) - _assigned(owner) == set()


def test_methods_that_are_awaited_are_coroutines() -> None:
    cycle, connection = httptools_impl.RequestResponseCycle, asyncpg.Connection
    for method in (cycle.send, cycle.receive, connection._execute, connection.reload_schema_state):
        assert inspect.iscoroutinefunction(method), method.__qualname__


def test_constants_of_uvicorn_have_the_types_that_the_service_uses() -> None:
    assert isinstance(httptools_impl.HEADER_RE, re.Pattern)
    assert isinstance(httptools_impl.HEADER_VALUE_RE, re.Pattern)
    assert httptools_impl.STATUS_LINE[200] == b"HTTP/1.1 200 OK\r\n"
