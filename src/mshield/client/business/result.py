"""The result of a signed request, and how a business system verifies it before it believes anything in it.

What counts is what `verify` returns, from the certificate; the other fields are the service's word.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from mshield.client.business.sent import Sent, attributes_in, require_sent
from mshield.client.business.values import Kind, SignedDocument, Signer, at
from mshield.client.login_message import LoginMessage
from mshield.client.verify import (
    Encoded,
    Revocation,
    VerificationError,
    VerifiedSignature,
    asker_unproven,
    verify,
)
from mshield.client.wire import unbase64
from mshield.domain.login_message import LOGIN_TYPE
from mshield.gm.engine import Engine


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A signed request with its evidence; `documents` in the order in which they were sent.

    Of a batch the person may have left some out: `declined` names them, and only `signed` have a signature.
    `chain_pem` is issuing CA, then root, which is not to be trusted for standing here.
    """

    id: str
    kind: Kind
    signer: Signer
    certificate_pem: str
    chain_pem: tuple[str, ...]
    signed_at: int
    documents: tuple[SignedDocument, ...]
    ocsp_b64: str | None = None

    @property
    def ocsp(self) -> bytes | None:
        """The OCSP response that came along, DER."""
        return None if self.ocsp_b64 is None else unbase64(self.ocsp_b64)

    @property
    def signing_time(self) -> datetime:
        """When it was signed, by the service's clock."""
        return at(self.signed_at)

    @property
    def signed(self) -> tuple[SignedDocument, ...]:
        """The documents that were signed, in their order."""
        return tuple(document for document in self.documents if document.is_signed)

    @property
    def declined(self) -> Mapping[int, str]:
        """Why the person left documents out, by their place from 0; what else is here was signed."""
        left_out = ((n, document) for n, document in enumerate(self.documents) if not document.is_signed)
        return {n: document.reason or "" for n, document in left_out}

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
        """Verifies every signed document, as of `at` (now where None); VerificationError where anything does not hold.

        Where the person left documents out it is `message_mismatch`, unless `partly` says that those that were signed
        will do: the answer has them in their order, `declined` the places of the others.

        `roots` are those that the business system trusts, from its own configuration. For a signature
        `documents` are the contents, digests or documents that it sent: give them, or any other signed
        document would do. A document is also compared with the display that the signature binds, where it does. For a
        login `client_id` is its own; the login must be for this request. A signature names no business system:
        `asker_unproven` for who gives `client_id` there. The result's OCSP response serves
        where it has one. `display_oids` as for `verify_evidence`.
        """
        if self.kind == "login":
            self._require_login(client_id)
        elif client_id is not None:
            raise asker_unproven("signature")
        if not self.signed:
            raise VerificationError("message_mismatch", "signature", "the result has no signed documents")
        if self.declined and not partly:
            raise VerificationError("message_mismatch", "signature", "the person left documents out")
        attributes = [attributes_in(document, display_oids) for document in self.signed]
        if documents is not None:
            if len(documents) != len(self.documents):
                raise VerificationError("message_mismatch", "signature", "not as many documents as were sent")
            left_out = self.declined
            expected = [sent for place, sent in enumerate(documents) if place not in left_out]
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
        """The signed login is this very request's: a login signed for another system must not open this one."""
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
