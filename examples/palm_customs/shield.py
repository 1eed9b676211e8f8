"""App to app (R13): opens the shield's app with a request, and handles the return.

`returned` is the essential part: it accepts only the request that this session made, fetches the result with the
return code, and verifies it.
"""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mshield.client import AsyncBusinessClient, ClientError, Created, Pc, VerificationError, read_return

from .advice import advice
from .pages import message, page
from .sessions import Person, Session
from .settings import Settings
from .store import Store
from .tasks import document_of, offer_tasks


async def log_in(request: Request) -> Response:
    """Begins a login and opens the shield's app."""
    session: Session = request.state.session
    session.require_token(await request.form())
    shield: AsyncBusinessClient = request.app.state.shield
    settings: Settings = request.app.state.settings
    try:
        asked = await shield.request_login(
            channel="app", return_url=settings.return_url, lifetime=settings.seconds, pc=_browser(request)
        )
    except ClientError as error:
        return _failed(request, error)
    return _open(request, asked, None)


async def sign(request: Request) -> Response:
    """Requests the task's signature and opens the shield's app."""
    session: Session = request.state.session
    person = session.require_person()
    session.require_token(await request.form())
    store: Store = request.app.state.store
    task = store.task(request.path_params["task_id"], person.credit_code)
    if task is None or task.state == "signed":
        return RedirectResponse("/", 303)
    shield: AsyncBusinessClient = request.app.state.shield
    settings: Settings = request.app.state.settings
    try:
        asked = await shield.request_signature(
            [document_of(task)],
            channel="app",
            return_url=settings.return_url,
            lifetime=settings.seconds,
            pc=_browser(request),
        )
    except ClientError as error:
        return _failed(request, error)
    store.end_task(task.id, "open")  # the outcome of an earlier request is obsolete
    return _open(request, asked, task.id)


async def returned(request: Request) -> Response:
    """Handles the return from the shield's app."""
    session: Session = request.state.session
    asked = session.asked
    try:
        back = read_return(str(request.url), request_id=None if asked is None else asked.id)
        if back.state == "signed":
            return await _fetch_result(request, back.request_id, back.return_code)
    except ClientError as error:
        return _failed(request, error)
    return await _ended(request, back.request_id)


async def waiting(request: Request) -> Response:
    """Shows what to do to a user who returned without the app."""
    session: Session = request.state.session
    if session.asked is None:
        return RedirectResponse("/", 303)
    shield: AsyncBusinessClient = request.app.state.shield
    try:
        status = await shield.status(session.asked.id)
    except ClientError as error:
        return _failed(request, error)
    if status.state in {"declined", "expired", "cancelled"}:
        return await _ended(request, session.asked.id)
    return page(request, "waiting.html", state=status.state)


async def give_up(request: Request) -> Response:
    """Withdraws the open request."""
    session: Session = request.state.session
    session.require_token(await request.form())
    if session.asked is not None:
        shield: AsyncBusinessClient = request.app.state.shield
        try:
            await shield.cancel(session.asked.id)
        except ClientError as error:
            if error.code != "request_closed":
                return _failed(request, error)
        session.forget_request()
    return RedirectResponse("/", 303)


def _open(request: Request, asked: Created, task_id: int | None) -> Response:
    """Redirects to the shield's app; the session stores the request."""
    session: Session = request.state.session
    session.asked, session.task_id = asked, task_id
    session.save()
    return session.give(request, RedirectResponse(asked.app_link, 303))


async def _fetch_result(request: Request, request_id: str, return_code: str | None) -> Response:
    """Fetches the result with the return code, and verifies it. Raises: ClientError."""
    session: Session = request.state.session
    settings: Settings = request.app.state.settings
    shield: AsyncBusinessClient = request.app.state.shield
    store: Store = request.app.state.store
    result = await shield.result(request_id, return_code=return_code)
    if session.task_id is None:
        session.forget_request()  # whatever the outcome: another login is another request
        (login,) = result.verify(roots=[settings.root], client_id=settings.client_id)
        person = Person(
            name=login.name,
            organisation=login.organisation,
            credit_code=login.credit_code or "",
            role=login.role,
        )
        offer_tasks(store, person.credit_code)
        return session.log_in(person).give(request, RedirectResponse("/", 303))
    person = session.require_person()
    task = store.task(session.task_id, person.credit_code)
    if task is None:
        return RedirectResponse("/", 303)
    try:
        (signed,) = result.verify(
            roots=[settings.root],
            documents=[document_of(task)],
            expected_credit_code=person.credit_code,
            expected_name=person.name,
        )
    except VerificationError as error:
        store.end_task(task.id, "unverified", reason=error.code)
        session.forget_request()
        return RedirectResponse(f"/tasks/{task.id}", 303)
    evidence = await shield.evidence(request_id, return_code=return_code)
    store.end_task(
        task.id, "signed", signer=signed.name, cms=result.documents[0].cms, evidence=evidence.encode()
    )
    session.forget_request()
    return RedirectResponse(f"/tasks/{task.id}", 303)


async def _ended(request: Request, request_id: str) -> Response:
    """Handles a declined, expired or cancelled request as the service reports it, since the address proves nothing."""
    session: Session = request.state.session
    shield: AsyncBusinessClient = request.app.state.shield
    store: Store = request.app.state.store
    try:
        status = await shield.status(request_id)
    except ClientError as error:
        return _failed(request, error)
    if not status.done or status.state == "signed":
        return RedirectResponse("/waiting", 303)
    task_id = session.task_id
    session.forget_request()
    if task_id is not None and session.person is not None:
        state = "open" if status.state == "cancelled" else status.state
        store.end_task(task_id, state, reason=status.reason)
        return RedirectResponse(f"/tasks/{task_id}", 303)
    what = {
        "declined": (
            "您在手机盾里取消了，没有登录。",
            "You cancelled it in the shield's app. Nobody was logged in.",
        ),
        "expired": ("请求已失效，没有登录。", "The request has expired. Nobody was logged in."),
        "cancelled": ("请求已撤回，没有登录。", "The request was withdrawn. Nobody was logged in."),
    }[status.state]
    if status.reason == "not_me":
        what = (
            "手机盾里选了“不是我发起的”，没有登录。",
            "“I did not start this” was chosen in the shield's app. Nobody was logged in.",
        )
    return message(
        request,
        title=("没有登录", "Not logged in"),
        what=what,
        then=("需要时请重新登录。", "Log in again when you need to."),
        link=("/", "回到首页", "To the start"),
    )


def _browser(request: Request) -> Pc | None:
    """Returns the requester's address, without port, and browser, which the shield's app shows."""
    if request.client is None:
        return None
    return Pc(address=request.client.host, browser=request.headers.get("User-Agent", "")[:256])


def _failed(request: Request, error: ClientError) -> Response:
    found = advice(error)
    return message(
        request,
        title=("没有完成", "Not done"),
        what=found.what,
        then=found.next,
        status=found.status,
        link=("/", "回到首页", "To the start"),
        small=error.code,
    )


ROUTES = (
    Route("/login", log_in, methods=["POST"]),
    Route("/tasks/{task_id:int}/sign", sign, methods=["POST"]),
    Route("/returned", returned),
    Route("/waiting", waiting),
    Route("/give-up", give_up, methods=["POST"]),
)
