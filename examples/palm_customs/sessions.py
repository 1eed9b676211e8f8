"""Sessions: a random cookie, stored as its hash; a CSRF token on every form; a new cookie at the login.

Browsers send a host's cookies to all its ports, so the cookie's name is unique: localhost may have other systems.
"""

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from typing import Final, Literal, Self

import msgspec
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from mshield.client import Created

from .store import Store, now

Language = Literal["zh", "en"]
COOKIE: Final = "palm_customs_session"
LANGUAGE_COOKIE: Final = "palm_customs_lang"
_LIFE_MS: Final = 8 * 3600 * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The logged-in person, as named in the verified certificate."""

    name: str
    organisation: str
    credit_code: str
    role: str


class Forbidden(Exception):
    """Error: the form lacks this session's token."""


class LoginNeeded(Exception):
    """Error: nobody is logged in."""


@dataclass(slots=True)
class Session:
    """Session of one browser; `asked` is its open request, and `task_id` the task that it signs (None: a login)."""

    store: Store
    key: str
    csrf: str
    until: int
    asked: Created | None = None
    task_id: int | None = None
    person: Person | None = None

    @classmethod
    def of(cls, request: Request, store: Store) -> Self:
        """Returns the browser's session, or a new one that isn't stored until `save`."""
        key = request.cookies.get(COOKIE, "")
        row = store.session(_hash(key)) if key else None
        if row is None:
            return cls(store, secrets.token_urlsafe(32), secrets.token_urlsafe(32), now() + _LIFE_MS)
        asked = None if row["asked"] is None else msgspec.json.decode(row["asked"], type=Created)
        person = None if row["person"] is None else Person(**json.loads(row["person"]))
        return cls(store, key, row["csrf"], row["expires_at"], asked, row["task_id"], person)

    def forget_request(self) -> None:
        """Forgets the request, so that nobody can return with it again."""
        self.asked = self.task_id = None
        self.save()

    def save(self) -> None:
        """Stores the session."""
        self.store.put_session(
            _hash(self.key),
            csrf=self.csrf,
            asked=None if self.asked is None else msgspec.json.encode(self.asked),
            task_id=self.task_id,
            person=None if self.person is None else json.dumps(asdict(self.person)),
            until=self.until,
        )

    def log_in(self, person: Person) -> "Session":
        """Starts a new session for the person who logged in: the old cookie becomes useless (session fixation)."""
        self.store.end_session(_hash(self.key))
        made = Session(
            self.store, secrets.token_urlsafe(32), secrets.token_urlsafe(32), now() + _LIFE_MS, person=person
        )
        made.save()
        return made

    def end(self) -> None:
        """Logs out."""
        self.store.end_session(_hash(self.key))

    def require_person(self) -> Person:
        """Returns the logged-in person. Raises: LoginNeeded."""
        if self.person is None:
            raise LoginNeeded
        return self.person

    def require_token(self, form: FormData) -> None:
        """Checks that the form was made in this session. Raises: Forbidden."""
        given = form.get("csrf")
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), self.csrf.encode()):
            raise Forbidden

    def give(self, request: Request, response: Response) -> Response:
        """Returns the response with the session's cookie."""
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, self.key, httponly=True, samesite="lax", secure=secure, path="/")
        return response


def language_of(request: Request) -> Language:
    """Returns the language chosen on the page, else the stored one, else Chinese."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return "en" if chosen == "en" else "zh"


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
