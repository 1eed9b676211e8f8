"""Public CA certificates, revocation lists (RFC 5280) and OCSP answers (RFC 6960), with caching headers.

Any input gets an answer of its kind: an invalid OCSP request gets OCSP's own malformedRequest.
"""

import base64
from email.utils import formatdate
from typing import Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.pki.timestamps.algorithms import Profile
from mshield.server.http.answers import cached
from mshield.server.http.caller import address_of, context_of
from mshield.server.http.openapi import problems
from mshield.server.http.router import Router
from mshield.server.publication.publisher import OcspAnswer, PublishedCrl

router: Final = Router("publication", prefix="/pki", also_head=True)

MAX_REQUEST: Final = 16 * 1024
"""Maximum size of an OCSP request in bytes: 64 certificates by SHA-256 or SM3 and a nonce need 9 kB."""

_CERTIFICATE: Final = "application/pkix-cert"
_CERTIFICATES: Final = "application/pkcs7-mime"
_CRL: Final = "application/pkix-crl"
_REQUEST: Final = "application/ocsp-request"
_RESPONSE: Final = "application/ocsp-response"
_DAY: Final = 86_400
_CRL_SECONDS: Final = 300
"""Maximum time in seconds for which a cache may serve a list without revalidating it."""

_QUERY: Final = "application/timestamp-query"
_REPLY: Final = "application/timestamp-reply"
Ca = Annotated[
    str, msgspec.Meta(max_length=16, description="root, issuing, issuing-2 …, p256, tsa, tsa-p256")
]
ListName = Annotated[
    str,
    msgspec.Meta(
        max_length=25,
        description="root, issuing, issuing.1 … (its shards), issuing-2 …; p256- before any of them; p256",
    ),
]


def _documented(description: str, media_type: str, *, cached: bool) -> dict[int | str, dict[str, Any]]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    answers: dict[int | str, dict[str, Any]] = {200: {"description": description, "content": content}}
    if cached:
        answers[304] = {"description": "The caller has it already: If-None-Match names its ETag"}
    return answers


_CER_ANSWERS: Final = _documented("The certificate (DER)", _CERTIFICATE, cached=True) | problems(404, 503)
_P7C_ANSWERS: Final = _documented("The certificates (DER)", _CERTIFICATES, cached=True) | problems(404, 503)
_CRL_ANSWERS: Final = _documented("The list in force (DER), version 2", _CRL, cached=True) | problems(
    404, 503
)
_OCSP_ANSWERS: Final = _documented(
    "The answer (DER); errors are OCSP's own", _RESPONSE, cached=False
) | problems(503)
_OCSP_GET_ANSWERS: Final = _documented(
    "The answer (DER); errors are OCSP's own", _RESPONSE, cached=True
) | problems(503)
_STAMP_ANSWERS: Final = _documented(
    "The answer (DER); refusals are RFC 3161's own", _REPLY, cached=False
) | problems(404, 503)


def _body(media_type: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "content": content}}


_OCSP_BODY: Final = _body(_REQUEST)
_STAMP_BODY: Final = _body(_QUERY)


@router.get(
    "/{ca}.cer",
    summary="Get a CA's certificate",
    operation_id="getCaCertificate",
    answers=_CER_ANSWERS,
)
async def certificate(request: Request, ca: Ca) -> Response:
    """Returns the SM2 certificate of the root or an issuing CA; the first is `issuing`, after a renewal `issuing-2`."""
    der = await context_of(request).publication.certificate(ca)
    return cached(request, der, _CERTIFICATE, {"Cache-Control": f"public, max-age={_DAY}"})


@router.get(
    "/{ca}.p7c",
    summary="Get all certificates of an issuing CA",
    operation_id="listCaCertificates",
    answers=_P7C_ANSWERS,
)
async def certificates(request: Request, ca: Ca) -> Response:
    """Returns an issuing CA's certificates by the own root and by others that cross-certified it (certs-only CMS)."""
    der = await context_of(request).publication.certificates(ca)
    return cached(request, der, _CERTIFICATES, {"Cache-Control": f"public, max-age={_CRL_SECONDS}"})


@router.get(
    "/{name}.crl",
    summary="Get a CA's revocation list",
    operation_id="getCrl",
    answers=_CRL_ANSWERS,
)
async def crl(request: Request, name: ListName) -> Response:
    """Returns the list of revoked certificates, and of those on hold as certificateHold.

    The root's list contains revoked issuing CAs. A certificate names the list of its shard, and the list
    names the shard too (issuing distribution point).
    """
    context = context_of(request)
    now = context.clock()
    published: PublishedCrl = await context.publication.crl(name, now=now)
    headers = {
        "Cache-Control": f"public, max-age={min(_CRL_SECONDS, max(0, published.renew_at - now) // 1000)}",
        "Last-Modified": formatdate(published.this_update / 1000, usegmt=True),
    }
    return cached(request, published.der, _CRL, headers, tag=published.tag)


@router.post(
    "/ocsp",
    summary="Check the status of certificates",
    operation_id="askOcsp",
    answers=_OCSP_ANSWERS,
    asks=_OCSP_BODY,
)
async def ocsp_post(request: Request) -> Response:
    """Takes an OCSP request (DER, at most 16 kB and 64 certificates) in the body; a nonce is echoed."""
    context = context_of(request)
    answer = await context.publication.ocsp(
        await request.body(), now=context.clock(), address=address_of(request)
    )
    return _not_cached(answer)


@router.get(
    "/ocsp/{encoded:path}",
    summary="Check the status of certificates",
    operation_id="getOcsp",
    answers=_OCSP_GET_ANSWERS,
)
async def ocsp_get(request: Request, encoded: str) -> Response:
    """Takes an OCSP request in base64 in the path (RFC 6960, A.1); without a nonce the answer may be cached."""
    context = context_of(request)
    answer = await context.publication.ocsp(
        _decoded(encoded), now=context.clock(), address=address_of(request)
    )
    return _ocsp(request, answer)


@router.post(
    "/p256/ocsp",
    summary="Check the status of certificates, signed on P-256",
    operation_id="askOcspOnP256",
    answers=_OCSP_ANSWERS | problems(404),
    asks=_OCSP_BODY,
)
async def p256_ocsp_post(request: Request) -> Response:
    """Answers like `POST /pki/ocsp`, for clients without SM2: ECDSA with SHA-256 by the key of `/pki/p256.cer`."""
    context = context_of(request)
    answer = await context.publication.p256_ocsp(
        await request.body(), now=context.clock(), address=address_of(request)
    )
    return _not_cached(answer)


@router.get(
    "/p256/ocsp/{encoded:path}",
    summary="Check the status of certificates, signed on P-256",
    operation_id="getOcspOnP256",
    answers=_OCSP_GET_ANSWERS | problems(404),
)
async def p256_ocsp_get(request: Request, encoded: str) -> Response:
    """Answers like `GET /pki/ocsp/{encoded}`, for clients without SM2."""
    context = context_of(request)
    answer = await context.publication.p256_ocsp(
        _decoded(encoded), now=context.clock(), address=address_of(request)
    )
    return _ocsp(request, answer)


@router.post(
    "/tsa",
    summary="Get a time stamp",
    operation_id="askTimeStamp",
    answers=_STAMP_ANSWERS,
    asks=_STAMP_BODY,
)
async def time_stamp(request: Request) -> Response:
    """Takes a request of RFC 3161 (DER, at most 4 kB, SM3 or SHA-256); signs with SM2 by the key of `/pki/tsa.cer`.

    It is this service's own authority, not a third party.
    """
    return await _stamped(request, "sm2")


@router.post(
    "/p256/tsa",
    summary="Get a time stamp, signed on P-256",
    operation_id="askTimeStampOnP256",
    answers=_STAMP_ANSWERS,
    asks=_STAMP_BODY,
)
async def p256_time_stamp(request: Request) -> Response:
    """Answers like `POST /pki/tsa`, for clients without SM2: ECDSA with SHA-256 by the key of `/pki/tsa-p256.cer`."""
    return await _stamped(request, "p256")


async def _stamped(request: Request, profile: Profile) -> Response:
    context = context_of(request)
    answer = await context.publication.time_stamp(
        profile, await request.body(), now=context.clock(), address=address_of(request)
    )
    return Response(answer, headers={"Cache-Control": "no-store"}, media_type=_REPLY)


def _decoded(encoded: str) -> bytes:
    try:
        body = base64.b64decode(encoded, validate=True)
    except ValueError:
        return b""
    return body if len(body) <= MAX_REQUEST else b""


def _ocsp(request: Request, answer: OcspAnswer) -> Response:
    """Returns the answer to a GET; cacheable ones get the headers of RFC 5019, 6.2."""
    if answer.max_age == 0:
        return _not_cached(answer)
    headers = {
        "Cache-Control": f"public, max-age={answer.max_age}, no-transform, must-revalidate",
        "Last-Modified": formatdate(answer.made_at / 1000, usegmt=True),
    }
    return cached(request, answer.der, _RESPONSE, headers)


def _not_cached(answer: OcspAnswer) -> Response:
    return Response(answer.der, headers={"Cache-Control": "no-store"}, media_type=_RESPONSE)
