"""Curve arithmetic with OpenSSL 3's libcrypto, found at run time: slower than Botan, but available everywhere.

Secret scalars use only the single form of `EC_POINT_mul` (a constant-time ladder); the joint form aG + bP is
for public values.
"""

import ctypes.util
import threading
from collections.abc import Iterator
from typing import Any, Final

from cffi import FFI

from mshield.gm import curve, scalars
from mshield.gm.curve import POINT_BYTES, UNCOMPRESSED, N
from mshield.gm.errors import EngineFailure, EngineUnavailable

_NID_SM2: Final = 1172
_CONSTANT_TIME: Final = 0x04
_MINIMUM: Final = 0x30000000

_DECLARATIONS: Final = """
typedef struct ec_group_st EC_GROUP;
typedef struct ec_point_st EC_POINT;
typedef struct bignum_st BIGNUM;
typedef struct bignum_ctx BN_CTX;
typedef struct evp_md_st EVP_MD;
typedef struct evp_md_ctx_st EVP_MD_CTX;

unsigned long OpenSSL_version_num(void);
const char* OpenSSL_version(int type);
void ERR_clear_error(void);

BN_CTX* BN_CTX_secure_new(void);
void BN_CTX_free(BN_CTX* ctx);
BIGNUM* BN_secure_new(void);
void BN_clear(BIGNUM* bn);
void BN_clear_free(BIGNUM* bn);
void BN_set_flags(BIGNUM* bn, int flags);
BIGNUM* BN_bin2bn(const unsigned char* bytes, int length, BIGNUM* bn);

EC_GROUP* EC_GROUP_new_by_curve_name(int nid);
void EC_GROUP_free(EC_GROUP* group);
EC_POINT* EC_POINT_new(const EC_GROUP* group);
void EC_POINT_clear_free(EC_POINT* point);
int EC_POINT_oct2point(const EC_GROUP* group, EC_POINT* point, const unsigned char* bytes, size_t length,
                       BN_CTX* ctx);
size_t EC_POINT_point2oct(const EC_GROUP* group, const EC_POINT* point, int form,
                          unsigned char* out, size_t length, BN_CTX* ctx);
int EC_POINT_is_at_infinity(const EC_GROUP* group, const EC_POINT* point);
int EC_POINT_add(const EC_GROUP* group, EC_POINT* result, const EC_POINT* a, const EC_POINT* b, BN_CTX* ctx);
int EC_POINT_mul(const EC_GROUP* group, EC_POINT* result, const BIGNUM* n, const EC_POINT* q, const BIGNUM* m,
                 BN_CTX* ctx);

EVP_MD_CTX* EVP_MD_CTX_new(void);
void EVP_MD_CTX_free(EVP_MD_CTX* ctx);
const EVP_MD* EVP_get_digestbyname(const char* name);
int EVP_DigestInit_ex(EVP_MD_CTX* ctx, const EVP_MD* type, void* engine);
int EVP_DigestUpdate(EVP_MD_CTX* ctx, const void* data, size_t length);
int EVP_DigestFinal_ex(EVP_MD_CTX* ctx, unsigned char* out, unsigned int* length);
"""


def _library_names() -> Iterator[str]:
    yield from ("libcrypto.so.3", "libcrypto.so.4", "libcrypto.3.dylib")
    yield from ("libcrypto-3-x64.dll", "libcrypto-3-arm64.dll", "libcrypto-3.dll")
    library = ctypes.util.find_library("crypto")
    if library:
        yield library


def _load_library(ffi: FFI) -> tuple[Any, str]:
    for name in _library_names():
        try:
            library: Any = ffi.dlopen(name)
            if library.OpenSSL_version_num() >= _MINIMUM:
                text = ffi.string(library.OpenSSL_version(0))
                return library, text.decode("ascii", "replace") if isinstance(text, bytes) else text
        except (OSError, AttributeError):
            # The library is missing, or is another kind of libcrypto without these functions.
            continue
    raise EngineUnavailable("OpenSSL 3's libcrypto is not installed: on Debian, apt install libssl3t64")


class _Workspace(threading.local):
    """OpenSSL numbers, points and contexts of one thread: threads may not share them."""

    def __init__(self, ffi: FFI, library: Any) -> None:
        """Creates the objects. Called once in each thread that uses the engine."""
        self.group = _handle(ffi, library.EC_GROUP_new_by_curve_name(_NID_SM2), library.EC_GROUP_free)
        self.context = _handle(ffi, library.BN_CTX_secure_new(), library.BN_CTX_free)
        self.first = _handle(ffi, library.BN_secure_new(), library.BN_clear_free)
        self.second = _handle(ffi, library.BN_secure_new(), library.BN_clear_free)
        self.left = _handle(ffi, library.EC_POINT_new(self.group), library.EC_POINT_clear_free)
        self.right = _handle(ffi, library.EC_POINT_new(self.group), library.EC_POINT_clear_free)
        self.result = _handle(ffi, library.EC_POINT_new(self.group), library.EC_POINT_clear_free)
        self.out = ffi.new("unsigned char[65]")
        for number in (self.first, self.second):
            library.BN_set_flags(number, _CONSTANT_TIME)


def _handle(ffi: FFI, created: Any, destroy: Any) -> Any:
    """Wraps an OpenSSL object so that it is freed with the thread that owns it. Raises: EngineFailure."""
    if created == ffi.NULL:
        raise EngineFailure("OpenSSL could not allocate an object")
    return ffi.gc(created, destroy)


class OpenSslEngine:
    """See `mshield.gm.engine.Engine`."""

    name: Final = "openssl"

    def __init__(self) -> None:
        """Finds and loads the library. Raises: EngineUnavailable."""
        self._ffi = FFI()
        self._ffi.cdef(_DECLARATIONS)
        self._lib, self.version = _load_library(self._ffi)
        group = self._lib.EC_GROUP_new_by_curve_name(_NID_SM2)
        self._sm3 = self._lib.EVP_get_digestbyname(b"SM3")
        if self._ffi.NULL in (group, self._sm3):
            raise EngineUnavailable(f"{self.version} was built without SM2 or SM3: install Botan 3.12")
        self._lib.EC_GROUP_free(group)
        self._here = _Workspace(self._ffi, self._lib)

    random_scalar = staticmethod(scalars.random_scalar)
    invert = staticmethod(scalars.invert)
    check_point = staticmethod(curve.check_point)
    negate = staticmethod(curve.negate)

    def mul_g(self, k: int) -> bytes:
        """Returns `kG`, by the constant-time ladder."""
        point = self._multiply(k, None)
        if point is None:
            raise EngineFailure("OpenSSL: kG is infinity for a k in [1, n-1]")
        return point

    def mul(self, k: int, point: bytes) -> bytes | None:
        """Returns `kP`, by the constant-time ladder."""
        self._load_point(self._here.left, point)
        return self._multiply(k, self._here.left)

    def add(self, a: bytes | None, b: bytes | None) -> bytes | None:
        """Returns `A + B`; either may be infinity."""
        if a is None or b is None:
            return curve.checked_or_infinity(b if a is None else a)
        here = self._here
        self._load_point(here.left, a)
        self._load_point(here.right, b)
        self._check(self._lib.EC_POINT_add(here.group, here.result, here.left, here.right, here.context))
        return self._take_result()

    def mul_add_public(self, a: int, b: int, point: bytes) -> bytes | None:
        """Returns `aG + bP`, in variable time."""
        here = self._here
        self._load_point(here.left, point)
        self._set_scalar(here.first, a)
        self._set_scalar(here.second, b)
        multiply = self._lib.EC_POINT_mul
        try:
            self._check(multiply(here.group, here.result, here.first, here.left, here.second, here.context))
        finally:
            self._lib.BN_clear(here.first)
            self._lib.BN_clear(here.second)
        return self._take_result()

    def verify(self, public: bytes, e: bytes, r: int, s: int) -> bool:
        """Verifies by computing `sG + (r+s)P`, in variable time."""
        point = self.mul_add_public(s, (r + s) % N, public)
        return point is not None and (int.from_bytes(e, "big") + curve.affine_x(point)) % N == r

    def sm3(self, *chunks: bytes) -> bytes:
        """Returns the SM3 digest computed by OpenSSL itself."""
        lib, null = self._lib, self._ffi.NULL
        context = _handle(self._ffi, lib.EVP_MD_CTX_new(), lib.EVP_MD_CTX_free)
        self._check(lib.EVP_DigestInit_ex(context, self._sm3, null))
        for chunk in chunks:
            self._check(lib.EVP_DigestUpdate(context, chunk, len(chunk)))
        out = self._ffi.new("unsigned char[32]")
        self._check(lib.EVP_DigestFinal_ex(context, out, null))
        return bytes(self._ffi.buffer(out))

    def _multiply(self, k: int, point: Any | None) -> bytes | None:
        if k == 0:
            raise ValueError("a scalar is in [1, n-1]")
        here, null = self._here, self._ffi.NULL
        self._set_scalar(here.first, k)
        factors = (here.first, null, null) if point is None else (null, point, here.first)
        try:
            self._check(self._lib.EC_POINT_mul(here.group, here.result, *factors, here.context))
        finally:
            self._lib.BN_clear(here.first)
        return self._take_result()

    def _set_scalar(self, number: Any, k: int) -> None:
        if not 0 <= k < N:
            raise ValueError("a scalar is below n")
        if self._lib.BN_bin2bn(scalars.scalar_bytes(k), 32, number) == self._ffi.NULL:
            raise EngineFailure("OpenSSL: BN_bin2bn failed")

    def _load_point(self, holder: Any, point: bytes) -> None:
        curve.check_point(point)
        here = self._here
        self._check(self._lib.EC_POINT_oct2point(here.group, holder, point, POINT_BYTES, here.context))

    def _take_result(self) -> bytes | None:
        here, lib = self._here, self._lib
        if lib.EC_POINT_is_at_infinity(here.group, here.result) == 1:
            return None
        length = lib.EC_POINT_point2oct(
            here.group, here.result, UNCOMPRESSED, here.out, POINT_BYTES, here.context
        )
        if length != POINT_BYTES:
            raise EngineFailure("OpenSSL: a point could not be encoded")
        return bytes(self._ffi.buffer(here.out))

    def _check(self, code: int) -> None:
        if code != 1:
            self._lib.ERR_clear_error()
            raise EngineFailure("OpenSSL refused a call that must succeed")
