"""Curve arithmetic with Botan ≥ 3.12, the fast engine.

Secret scalars pass through Botan's constant-time code only, and are cleared from its memory after each call.
"""

import ctypes
from typing import Any, Final

from cffi import FFI

from mshield.gm import curve, scalars
from mshield.gm.botan_library import CURVE, DECLARATIONS, Workspace, describe, handle, load_library
from mshield.gm.curve import POINT_BYTES, N
from mshield.gm.errors import EngineFailure

_DIGEST_GIVEN: Final = b",Raw"  # no user id and no hash: the input is the digest e itself
_INVALID: Final = 1  # BOTAN_FFI_INVALID_VERIFIER
_VIEW: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
"""C type `botan_view_bin_fn`."""


class BotanEngine:
    """See `mshield.gm.engine.Engine`."""

    name: Final = "botan"

    def __init__(self) -> None:
        """Finds and loads the library. Raises: EngineUnavailable."""
        self._ffi = FFI()
        self._ffi.cdef(DECLARATIONS)
        self._lib, self.version = load_library(self._ffi)
        self._here = Workspace(self._ffi, self._lib)
        # A ctypes callback, since cffi's callbacks need memory that is both writable and executable, which a
        # hardened service may not have.
        self._kept = _VIEW(_copy_out)
        self._view = self._ffi.cast("botan_view_bin_fn", ctypes.cast(self._kept, ctypes.c_void_p).value or 0)

    random_scalar = staticmethod(scalars.random_scalar)
    invert = staticmethod(scalars.invert)
    check_point = staticmethod(curve.check_point)
    negate = staticmethod(curve.negate)

    def mul_g(self, k: int) -> bytes:
        """Returns `kG`. Loads an ECDH key, because only that call uses Botan's tables of the base point."""
        here, lib = self._here, self._lib
        self._set_scalar(k)
        try:
            self._check(lib.botan_privkey_load_ecdh(here.key, here.mp, CURVE))
            try:
                here.out_length[0] = POINT_BYTES
                export = lib.botan_pk_op_key_agreement_export_public
                self._check(export(here.key[0], here.out, here.out_length))
                return bytes(self._ffi.buffer(here.out))
            finally:
                lib.botan_privkey_destroy(here.key[0])
        finally:
            lib.botan_mp_clear(here.mp)

    def mul(self, k: int, point: bytes) -> bytes | None:
        """Returns `kP`; Botan blinds the multiplication with the system's random generator."""
        here, lib = self._here, self._lib
        self._load_point(here.left, point)
        try:
            self._set_scalar(k)
            try:
                self._check(lib.botan_ec_scalar_from_mp(here.scalar, here.group, here.mp))
            finally:
                lib.botan_mp_clear(here.mp)
            try:
                self._check(lib.botan_ec_point_mul(here.result, here.left[0], here.scalar[0], here.rng))
            finally:
                lib.botan_ec_scalar_destroy(here.scalar[0])
            return self._take_result()
        finally:
            lib.botan_ec_point_destroy(here.left[0])

    def add(self, a: bytes | None, b: bytes | None) -> bytes | None:
        """Returns `A + B`; either may be infinity."""
        if a is None or b is None:
            return curve.checked_or_infinity(b if a is None else a)
        here, lib = self._here, self._lib
        self._load_point(here.left, a)
        try:
            self._load_point(here.right, b)
            try:
                self._check(lib.botan_ec_point_add(here.result, here.left[0], here.right[0]))
                return self._take_result()
            finally:
                lib.botan_ec_point_destroy(here.right[0])
        finally:
            lib.botan_ec_point_destroy(here.left[0])

    def mul_add_public(self, a: int, b: int, point: bytes) -> bytes | None:
        """Returns `aG + bP`, in constant time too: Botan's C interface has no joint form."""
        curve.check_point(point)  # even if b is 0 and the point doesn't matter
        return self.add(self.mul_g(a) if a else None, self.mul(b, point) if b else None)

    def verify(self, public: bytes, e: bytes, r: int, s: int) -> bool:
        """Verifies with Botan's own SM2, so independently of the code that made the signature."""
        here, lib = self._here, self._lib
        if here.verifier_key != public:
            self._prepare_verifier(public)
        operation, signature = here.verifier, r.to_bytes(32, "big") + s.to_bytes(32, "big")
        self._check(lib.botan_pk_op_verify_update(operation, e, len(e)))
        outcome = lib.botan_pk_op_verify_finish(operation, signature, len(signature))
        if outcome not in (0, _INVALID):
            here.verifier_key = None  # the operation may still hold a part of this e
            self._check(outcome)
        return bool(outcome == 0)

    def _prepare_verifier(self, public: bytes) -> None:
        """Builds the tables of this public key, a third of the work; consecutive calls with the same key reuse them."""
        curve.check_point(public)
        here, lib, ffi = self._here, self._lib, self._ffi
        here.verifier_key = here.verifier = None
        load, create = lib.botan_pubkey_load_sm2_sec1, lib.botan_pk_op_verify_create
        key = handle(ffi, lib, "botan_pubkey_t*", load, lib.botan_pubkey_destroy, public, POINT_BYTES, CURVE)
        destroy = lib.botan_pk_op_verify_destroy
        here.verifier = handle(ffi, lib, "botan_pk_op_verify_t*", create, destroy, key, _DIGEST_GIVEN, 0)
        here.verifier_key = public

    def sm3(self, *chunks: bytes) -> bytes:
        """Returns the SM3 digest computed by Botan itself."""
        holder = self._ffi.new("botan_hash_t*")
        self._check(self._lib.botan_hash_init(holder, b"SM3", 0))
        try:
            for chunk in chunks:
                self._check(self._lib.botan_hash_update(holder[0], chunk, len(chunk)))
            out = self._ffi.new("uint8_t[32]")
            self._check(self._lib.botan_hash_final(holder[0], out))
            return bytes(self._ffi.buffer(out))
        finally:
            self._lib.botan_hash_destroy(holder[0])

    def _set_scalar(self, k: int) -> None:
        if not 0 < k < N:
            raise ValueError("a scalar is in [1, n-1]")
        self._check(self._lib.botan_mp_from_bin(self._here.mp, scalars.scalar_bytes(k), 32))

    def _load_point(self, holder: Any, point: bytes) -> None:
        curve.check_point(point)
        self._check(self._lib.botan_ec_point_from_bytes(holder, self._here.group, point, POINT_BYTES))

    def _take_result(self) -> bytes | None:
        here, lib = self._here, self._lib
        try:
            infinite = lib.botan_ec_point_is_identity(here.result[0])
            if infinite < 0:
                self._check(infinite)
            if infinite:
                return None
            self._check(lib.botan_ec_point_view_uncompressed(here.result[0], here.out, self._view))
            return bytes(self._ffi.buffer(here.out))
        finally:
            lib.botan_ec_point_destroy(here.result[0])

    def _check(self, code: int) -> None:
        if code != 0:
            raise EngineFailure(describe(self._ffi, self._lib, code))


def _copy_out(context: int, data: int, length: int) -> int:
    """Copies a point to the address `context`, so one callback serves all threads. It can't raise: ctypes returns 0."""
    if length != POINT_BYTES:
        return -1
    ctypes.memmove(context, data, length)
    return 0
