"""The pages that don't call the shield: home, a task, and downloads of a signed task."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from .advice import next_step, what_failed
from .pages import headers, message, page
from .sessions import Session
from .store import Store, Task


async def home(request: Request) -> Response:
    """Shows the tasks, or the login."""
    session: Session = request.state.session
    if session.person is None:
        session.save()
        return session.give(request, page(request, "login.html"))
    store: Store = request.app.state.store
    return page(request, "tasks.html", tasks=store.tasks(session.person.credit_code))


async def show(request: Request) -> Response:
    """Shows one task and its state."""
    task = _own(request)
    if task is None:
        return _missing(request)
    code = task.reason or ""
    return page(request, "task.html", task=task, failed=what_failed(code), reason=next_step(code))


async def download(request: Request) -> Response:
    """Returns the signature (CMS) or the evidence bundle of a signed task as a file."""
    task = _own(request)
    kind = request.path_params["kind"]
    content = None if task is None else {"p7s": task.cms, "evidence": task.evidence}.get(kind)
    if task is None or content is None:
        return _missing(request)
    name = f"task-{task.id}.p7s" if kind == "p7s" else f"task-{task.id}-evidence.json"
    more = {"Content-Disposition": f'attachment; filename="{name}"'}
    media_type = "application/pkcs7-signature" if kind == "p7s" else "application/json"
    return Response(content, media_type=media_type, headers=headers(request.app.state.settings) | more)


async def log_out(request: Request) -> Response:
    """Ends the session."""
    session: Session = request.state.session
    session.require_token(await request.form())
    session.end()
    return RedirectResponse("/", 303)


def _own(request: Request) -> Task | None:
    session: Session = request.state.session
    store: Store = request.app.state.store
    return store.task(request.path_params["task_id"], session.require_person().credit_code)


def _missing(request: Request) -> Response:
    return message(
        request,
        title=("没有找到", "Not found"),
        what=("没有这个事项，或它属于其他企业。", "There is no such task, or it is another enterprise's."),
        then=("请回到首页。", "Go back to the start."),
        status=404,
        link=("/", "回到首页", "To the start"),
    )


ROUTES = (
    Route("/", home),
    Route("/tasks/{task_id:int}", show),
    Route("/tasks/{task_id:int}/{kind}", download),
    Route("/logout", log_out, methods=["POST"]),
)
