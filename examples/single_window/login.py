"""Login by scan (R15): the request belongs to the session that began it, and only the verified result decides."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mshield.client import AsyncBusinessClient, ClientError, Pc

from .advice import advice
from .pages import message, page
from .sessions import Person, Session, in_language
from .settings import Settings

_FAILED = ("没有登录", "Not logged in")


async def show(request: Request) -> Response:
    """Begins a login for this browser and shows its code."""
    session: Session = request.state.session
    if session.person is not None:
        return RedirectResponse(in_language(request, "/declarations"), 303)
    shield: AsyncBusinessClient = request.app.state.shield
    try:
        session.login = await shield.request_login(
            pc=pc_of(request), lifetime=request.app.state.settings.seconds
        )
    except ClientError as error:
        return _failed(request, error)
    session.save()
    return session.give(request, page(request, "login.html", asked=session.login))


async def finish(request: Request) -> Response:
    """Logs in the person named by the verified result; each login is accepted once."""
    session: Session = request.state.session
    session.require_token(await request.form())
    asked, session.login = session.login, None
    if asked is None:
        return RedirectResponse("/login", 303)
    settings: Settings = request.app.state.settings
    shield: AsyncBusinessClient = request.app.state.shield
    try:
        result = await shield.result(asked.id)
        (login,) = result.verify(roots=[settings.root], client_id=settings.client_id)
    except ClientError as error:
        return _failed(request, error)
    session.save()  # used up, whatever the outcome
    if login.credit_code is None:
        return message(
            request,
            title=_FAILED,
            what=("证书里没有企业的统一社会信用代码。", "The certificate names no enterprise."),
            then=(
                "请用企业操作员或法人的手机盾登录。",
                "Log in with an operator's or a legal person's shield.",
            ),
            status=403,
            link=("/login", "重新登录", "Log in again"),
        )
    person = Person(
        name=login.name,
        organisation=login.organisation,
        credit_code=login.credit_code,
        role=login.role,
        shield_number=result.signer.shield_number,
    )
    return session.log_in(person).give(request, RedirectResponse("/declarations", 303))


async def log_out(request: Request) -> Response:
    """Ends the session."""
    session: Session = request.state.session
    session.require_token(await request.form())
    session.end()
    return RedirectResponse("/login", 303)


async def code(request: Request) -> Response:
    """Opens the phone app in this browser with the code that a camera would have read; only in the demo."""
    session: Session = request.state.session
    if not request.app.state.settings.demo or session.login is None:
        return Response(status_code=404)
    return RedirectResponse(session.login.qr, 303)


def pc_of(request: Request) -> Pc | None:
    """Returns the PC's address, without port, and browser, which the phone shows against relayed codes."""
    if request.client is None:
        return None
    return Pc(address=request.client.host, browser=request.headers.get("User-Agent", "")[:256])


def _failed(request: Request, error: ClientError) -> Response:
    found = advice(error)
    return message(
        request,
        title=_FAILED,
        what=found.what,
        then=found.next,
        status=found.status,
        link=("/login", "重新登录", "Log in again"),
        small=error.code,
    )


ROUTES = (
    Route("/login", show),
    Route("/login", finish, methods=["POST"]),
    Route("/login/code", code),
    Route("/logout", log_out, methods=["POST"]),
)
