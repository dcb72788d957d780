"""Sign with a private key that never leaves its PKCS#11 token (smart card, HSM, SoftHSM2).

Source: PKCS#11 2.40 (CKM_SHA256_RSA_PKCS), RFC 7512 (URI of an object). Needs the extra `ecluse[pkcs11]`.
A session is opened once per process and opened again when the token forgot it; the PIN is kept in memory only.
A token locks itself after a few wrong PINs (three, often): one that it refused is not said again, and its last try is
never taken.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple
from urllib.parse import unquote, unquote_to_bytes

_refused: set[tuple[str, str, str, str]] = set()
"""PINs refused in this process: module, token, PIN, and which writing of the file it was read from."""
_logins: dict[tuple[str, str], threading.Lock] = {}
"""One for each token: two threads do not say the same wrong PIN twice."""


class TokenError(Exception):
    """The token cannot be used. why: `library`, `missing`, `pin`, `key`, `address` or `failed`; detail: one line."""

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}" if detail else why)
        self.why = why
        self.detail = detail


class KeyPlace(NamedTuple):
    """Where a key is. token, object: labels, or empty; id: CKA_ID, or empty."""

    token: str
    object: str
    id: bytes


def read_uri(uri: str) -> KeyPlace:
    """`pkcs11:token=…;object=…;id=%01` (RFC 7512); a PIN in it is refused: it would be kept with the rest.

    :raises TokenError: it is no such URI, or names neither object nor id.
    """
    scheme, _, rest = uri.partition(":")
    path, _, query = rest.partition("?")
    told: dict[str, bytes] = {}
    for part in (*path.split(";"), *query.split("&")):
        name, _, value = part.partition("=")
        told[name] = unquote_to_bytes(value)
    if scheme.casefold() != "pkcs11" or any("pin" in unquote(name).casefold() for name in told):
        raise TokenError("address", "pkcs11:token=…;object=…")
    place = KeyPlace(
        told.get("token", b"").decode("utf-8", "replace"),
        told.get("object", b"").decode("utf-8", "replace"),
        told.get("id", b""),
    )
    if not place.token or not (place.object or place.id):
        raise TokenError("address", "pkcs11:token=…;object=…")
    return place


class TokenKey:
    """An RSA private key in a token.

    :param library: path of the PKCS#11 module of its maker; uri: as `read_uri` reads it; pin: of the user; written:
        tells one writing of the PIN from another: a PIN that was refused is tried again only when this changed.
    :raises TokenError: it cannot be reached.
    """

    def __init__(self, library: str, uri: str, pin: str, written: str = "") -> None:
        self._library, self._place, self._pin = library, read_uri(uri), pin
        self._said = (library, self._place.token, pin, written)
        self._lock = threading.Lock()
        self._session: Any = None
        self._key: Any = None
        with self._lock:
            self._open()

    def __repr__(self) -> str:
        """Never the PIN: a log may hold this."""
        return f"<TokenKey {self._place.object}>"

    def sign(self, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256, computed by the token.

        :raises TokenError: it was taken away, or refuses.
        """
        pkcs11 = _module()
        with self._lock:
            try:
                return self._sign(pkcs11, data)
            except pkcs11.exceptions.PKCS11Error:
                # A session may be lost while the token is still there (sleep, reset): once again from the start.
                self.close_session()
                self._open()
            try:
                return self._sign(pkcs11, data)
            except pkcs11.exceptions.PKCS11Error as error:
                raise TokenError("failed", type(error).__name__) from None

    def close_session(self) -> None:
        """Leave the token."""
        pkcs11 = _module()
        try:
            if self._session is not None:
                self._session.close()
        except pkcs11.exceptions.PKCS11Error:
            pass
        self._session = self._key = None

    def _sign(self, pkcs11: Any, data: bytes) -> bytes:
        return bytes(self._key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))

    def _open(self) -> None:
        pkcs11 = _module()
        errors = pkcs11.exceptions
        try:
            library = pkcs11.lib(self._library)
        except (RuntimeError, errors.PKCS11Error) as error:
            raise TokenError("library", type(error).__name__) from None
        try:
            token = library.get_token(token_label=self._place.token)
            with _logins.setdefault(self._said[:2], threading.Lock()):
                self._session = self._login(pkcs11, token)
        except errors.PKCS11Error as error:
            raise TokenError("missing", type(error).__name__) from None
        try:
            self._key = self._session.get_key(
                object_class=pkcs11.ObjectClass.PRIVATE_KEY,
                label=self._place.object or None,
                id=self._place.id or None,
            )
        except errors.PKCS11Error as error:
            self.close_session()
            raise TokenError("key", type(error).__name__) from None

    def _login(self, pkcs11: Any, token: Any) -> Any:
        errors = pkcs11.exceptions
        self._check_pin(pkcs11, token.flags)
        try:
            return token.open(user_pin=self._pin)
        except errors.UserAlreadyLoggedIn:
            # One login holds for all the sessions of a process (PKCS#11 2.40, 2.6.7).
            return token.open()
        except (errors.PinIncorrect, errors.PinLocked, errors.PinInvalid, errors.PinLenRange) as error:
            _refused.add(self._said)
            raise TokenError("pin", type(error).__name__) from None

    def _check_pin(self, pkcs11: Any, flags: Any) -> None:
        """Refuse to say a PIN that would bring the token nearer to locking itself.

        :raises TokenError: there is none, it was refused before, or one more wrong one would lock the token.
        """
        if not self._pin:
            raise TokenError("pin", "no PIN")
        if self._said in _refused:
            raise TokenError("pin", "refused before, not tried again until the PIN file changes")
        if flags & (pkcs11.TokenFlag.USER_PIN_FINAL_TRY | pkcs11.TokenFlag.USER_PIN_LOCKED):
            raise TokenError("pin", "last try before the token locks itself: use its own tool")


def forget_refused() -> None:
    """Let every PIN be tried again."""
    _refused.clear()


def _module() -> Any:
    try:
        import pkcs11
        import pkcs11.exceptions
    except ImportError:
        raise TokenError("library", "pip install ecluse[pkcs11]") from None
    return pkcs11
