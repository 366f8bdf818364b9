"""The envelope that WeCom, 公众号 and DingTalk's events share: SHA-1 signature and AES-256-CBC.

The plain text is 16 random bytes, the message's length in 4 bytes, the message, and the id of
whom it is for; it is padded as PKCS#7 to a multiple of 32 bytes, not of AES's 16.
https://developer.work.weixin.qq.com/document/path/90968 (read 2026-11)
"""

import base64
import binascii
import hmac
import re
import secrets
from dataclasses import dataclass, field
from hashlib import sha1

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.errors import Malformed, Unauthorized

_BLOCK = 32
_HEAD = 16 + 4


def aes_key_fault(value: str) -> str:
    """What is wrong with an EncodingAESKey, in Chinese; "" when nothing is."""
    if re.fullmatch(r"[A-Za-z0-9+/]{43}", value):
        return ""
    return "EncodingAESKey 应是后台给出的 43 个字母或数字"


@dataclass(frozen=True, slots=True)
class WecomCrypto:
    """The crypto of one callback address.

    `receive_id` is the corp id of one's own app, the app id of a 公众号, the app key of DingTalk's
    events, and "" for an AI bot.
    """

    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    receive_id: str
    _cipher: Cipher[modes.CBC] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the key of its 43 characters; the vector is the key's first half."""
        key = base64.b64decode(self.aes_key + "=")
        object.__setattr__(self, "_cipher", Cipher(algorithms.AES(key), modes.CBC(key[:16])))

    def signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """The signature of an envelope, 40 lower-case hexadecimal digits."""
        parts = sorted((self.token, timestamp, nonce, encrypted))
        # The protocol asks for SHA-1; forging needs a second preimage, not a collision.
        return sha1("".join(parts).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()

    def decrypt(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> bytes:
        """The message in an envelope; nothing is decrypted before its signature is checked.

        Raises:
            Unauthorized: not signed with our token, or meant for somebody else.
            Malformed: signed, and yet no envelope.
        """
        expected = self.signature(timestamp, nonce, encrypted)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise Unauthorized("the signature does not fit")
        return self._unwrap(_unpad(self._decipher(encrypted)))

    def encrypt(self, message: bytes, salt: bytes = b"") -> str:
        """The message as an envelope, base64; *salt* is 16 bytes, random when not given."""
        salt = salt or secrets.token_bytes(16)
        plain = salt + len(message).to_bytes(4, "big") + message + self.receive_id.encode()
        pad = _BLOCK - len(plain) % _BLOCK
        cipher = self._cipher.encryptor()
        sealed = cipher.update(plain + bytes([pad]) * pad) + cipher.finalize()
        return base64.b64encode(sealed).decode()

    def _decipher(self, encrypted: str) -> bytes:
        try:
            sealed = binascii.a2b_base64(encrypted, strict_mode=True)
        except ValueError as error:
            raise Malformed("the envelope is not base64") from error
        if not sealed or len(sealed) % 16:
            raise Malformed("the envelope is not whole")
        cipher = self._cipher.decryptor()
        return cipher.update(sealed) + cipher.finalize()

    def _unwrap(self, plain: bytes) -> bytes:
        end = _HEAD + int.from_bytes(plain[16:_HEAD], "big")
        if len(plain) < _HEAD or end > len(plain):
            raise Malformed("the envelope is shorter than it says")
        if not hmac.compare_digest(plain[end:], self.receive_id.encode()):
            raise Unauthorized("the envelope is for somebody else")
        return plain[_HEAD:end]


def _unpad(padded: bytes) -> bytes:
    pad = padded[-1]
    if not 1 <= pad <= _BLOCK or not padded.endswith(bytes([pad]) * pad):
        raise Malformed("the padding is wrong")
    return padded[:-pad]
