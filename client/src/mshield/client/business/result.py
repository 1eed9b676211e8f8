"""Result of a signed request, and its verification, which a business system does before trusting anything in it.

Rely only on what `verify` returns, which comes from the certificate. The other fields are claims of the
service.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from mshield.client.business.sent import Sent, attributes_in, require_sent
from mshield.client.business.values import SignedDocument, Signer, at
from mshield.client.forms import unbase64
from mshield.client.verification import VerificationError, VerifiedSignature
from mshield.client.verify import Encoded, Revocation, verify
from mshield.gm.engine import Engine
from mshield.wire.business import ResultMessage
from mshield.wire.login_message import LOGIN_TYPE, LoginMessage


class Result(ResultMessage, frozen=True, kw_only=True):
    """A signed request with its evidence; `documents` are in the order in which they were sent.

    The user may have excluded documents of a batch: `declined` lists them, and only `signed` have a
    signature. `chain_pem` is the issuing CA, then the root, then the issuing CA's certificates by other
    roots; no root is trusted just because it is included.
    """

    signer: Signer
    documents: tuple[SignedDocument, ...]

    @property
    def ocsp(self) -> bytes | None:
        """The OCSP response that was included (DER), or None."""
        return None if self.ocsp_b64 is None else unbase64(self.ocsp_b64)

    @property
    def signing_time(self) -> datetime:
        """Time of the signature by the service's clock."""
        return at(self.signed_at)

    @property
    def signed(self) -> tuple[SignedDocument, ...]:
        """The signed documents, in their order."""
        return tuple(document for document in self.documents if document.is_signed)

    @property
    def declined(self) -> Mapping[int, str]:
        """Reasons for the excluded documents, by index from 0; all other documents are signed."""
        excluded = ((n, document) for n, document in enumerate(self.documents) if not document.is_signed)
        return {n: document.reason or "" for n, document in excluded}

    def verify(
        self,
        *,
        roots: Sequence[Encoded],
        client_id: str | None = None,
        documents: Sequence[Sent] | None = None,
        at: datetime | None = None,
        crl: bytes | Sequence[bytes] | None = None,
        revocation: Revocation = "required",
        partly: bool = False,
        expected_credit_code: str | None = None,
        expected_organisation: str | None = None,
        expected_name: str | None = None,
        display_oids: Collection[str] = (),
        engine: Engine | None = None,
    ) -> tuple[VerifiedSignature, ...]:
        """Verifies every signed document as of `at` (default: now). Raises: VerificationError.

        If the user excluded documents, raises `message_mismatch` unless `partly` accepts the signed ones
        alone: then they are returned in their order, and `declined` has the indexes of the others.

        `roots` are the CAs that the business system trusts, from its own configuration. `documents` are the
        contents, digests or documents that it sent. Always pass them for a signature, otherwise any other
        signed document would be accepted. A `Document` is also compared with the display, if the signature
        binds it.

        `client_id` is the business system's own, for a login, which must belong to this request; for a
        signature, which names no business system, it raises `asker_unproven`. Revocation is checked with
        `crl` and the result's own OCSP response, if it has one. `expected_…` values must match the
        certificate. `display_oids` as for `verify_evidence`.
        """
        if self.kind == "login":
            self._require_login(client_id)
        elif client_id is not None:
            raise VerificationError(
                "asker_unproven", "signature", "only a login names the business system in what is signed"
            )
        if not self.signed:
            raise VerificationError("message_mismatch", "signature", "the result has no signed documents")
        if self.declined and not partly:
            raise VerificationError("message_mismatch", "signature", "the person left documents out")
        attributes = [attributes_in(document, display_oids) for document in self.signed]
        if documents is not None:
            if len(documents) != len(self.documents):
                raise VerificationError("message_mismatch", "signature", "not as many documents as were sent")
            excluded = self.declined
            expected = [sent for place, sent in enumerate(documents) if place not in excluded]
            for signed, bound, sent in zip(self.signed, attributes, expected, strict=True):
                require_sent(signed, bound, sent)
        moment = at or datetime.now(UTC)
        verified = [
            verify(
                message=document.message,
                signature=document.signature,
                certificate=self.certificate_pem,
                chain=self.chain_pem,
                roots=roots,
                at=moment,
                crl=crl,
                ocsp=self.ocsp,
                revocation=revocation,
                expected_credit_code=expected_credit_code,
                expected_organisation=expected_organisation,
                expected_name=expected_name,
                engine=engine,
            )
            for document in self.signed
        ]
        pairs = zip(verified, attributes, strict=True)
        return tuple(replace(signature, attributes=bound) for signature, bound in pairs)

    def _require_login(self, client_id: str | None) -> None:
        """Checks that the signed login is for this request: one signed for another system must not be accepted here."""
        for document in self.documents:
            try:
                login = msgspec.json.decode(document.message, type=LoginMessage)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise VerificationError("message_mismatch", "signature", str(error)) from error
            if (login.type, login.request_id) != (LOGIN_TYPE, self.id):
                raise VerificationError("message_mismatch", "signature", "the login is for another request")
            if client_id is not None and login.client_id != client_id:
                raise VerificationError(
                    "message_mismatch", "signature", "the login is for another business system"
                )
