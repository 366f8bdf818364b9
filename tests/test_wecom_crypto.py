"""The envelope: published vectors, our own fake as the other side, and what must not open."""

import base64
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import CallError, Malformed, Unauthorized
from bot.platforms._wecom_crypto import WecomCrypto, aes_key_fault
from tests.fakes.wecom import AES_KEY, CORP_ID, Signer


@dataclass(frozen=True)
class Vector:
    """One published envelope."""

    id: str
    token: str
    encoding_aes_key: str
    receive_id: str
    timestamp: str
    nonce: str
    encrypt: str
    msg_signature: str
    expect: str = ""
    expect_contains: str = ""
    random16: str = ""

    @property
    def crypto(self) -> WecomCrypto:
        """The crypto of the account it was sent to."""
        return WecomCrypto(self.token, self.encoding_aes_key, self.receive_id)

    def opened(self, crypto: WecomCrypto) -> str:
        """What that crypto reads in it."""
        plain = crypto.decrypt(self.msg_signature, self.timestamp, self.nonce, self.encrypt)
        return plain.decode()


def _vectors() -> list[Vector]:
    names = Vector.__dataclass_fields__
    found: list[dict[str, Any]] = json.loads(
        (Path(__file__).parent / "data" / "platforms_vectors.json").read_text("utf-8")
    )
    return [
        Vector(**{key: value for key, value in row.items() if key in names})
        for row in found
        if row["kind"] == "wx-aes"
    ]


VECTORS = _vectors()
EACH = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)


def test_there_are_eight_vectors() -> None:
    """None got lost on the way from the documents."""
    assert len(VECTORS) == 8


@EACH
def test_a_published_envelope_opens(vector: Vector) -> None:
    """Ours reads what the services' own libraries wrote."""
    plain = vector.opened(vector.crypto)

    assert vector.expect_contains in plain if vector.expect_contains else plain == vector.expect


@EACH
def test_a_published_envelope_is_reproduced(vector: Vector) -> None:
    """Sealed again with the same salt, every byte is as published."""
    plain = vector.opened(vector.crypto)
    salt = vector.random16.encode() or _salt(vector)
    sealed = vector.crypto.encrypt(plain.encode(), salt)
    signature = vector.crypto.signature(vector.timestamp, vector.nonce, sealed)

    assert (sealed, signature) == (vector.encrypt, vector.msg_signature)


def _salt(vector: Vector) -> bytes:
    """The sixteen random bytes, read with the other half of `cryptography`."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key = base64.b64decode(vector.encoding_aes_key + "=")
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    return cipher.update(base64.b64decode(vector.encrypt))[:16]


@EACH
@pytest.mark.parametrize("field", ["timestamp", "nonce", "encrypt", "msg_signature"])
def test_one_changed_character_is_refused(vector: Vector, field: str) -> None:
    """Whatever of the four is touched, the signature no longer fits."""
    value: str = getattr(vector, field)
    forged = replace(vector, **{field: value[:-1] + ("1" if value[-1] != "1" else "2")})

    with pytest.raises(Unauthorized):
        forged.opened(vector.crypto)


@EACH
def test_another_receiver_is_refused(vector: Vector) -> None:
    """An envelope for one corporation does not open at another with the same keys."""
    with pytest.raises(Unauthorized):
        vector.opened(WecomCrypto(vector.token, vector.encoding_aes_key, "ww0000000000000000"))


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_the_other_side_seals_opens(text: str) -> None:
    """Every text survives the way, whatever its length does to the padding."""
    signer = Signer()
    sealed = signer.sealed(text)
    crypto = WecomCrypto(signer.token, AES_KEY, CORP_ID)
    plain = crypto.decrypt(crypto.signature("1", "2", sealed), "1", "2", sealed)

    assert plain == text.encode()


def test_two_envelopes_of_one_text_differ() -> None:
    """The salt is random when none is given."""
    crypto = WecomCrypto("t", AES_KEY, "")

    assert crypto.encrypt(b"success") != crypto.encrypt(b"success")


def _raw(plain: bytes) -> str:
    """An envelope of exactly these bytes, padding included."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key = base64.b64decode(AES_KEY + "=")
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(plain) + cipher.finalize()).decode()


@pytest.mark.parametrize(
    "envelope",
    [
        pytest.param("", id="empty"),
        pytest.param("中文", id="not-ascii"),
        pytest.param("AAAA", id="shorter-than-a-block"),
        pytest.param("not base64!", id="not-base64"),
        pytest.param(_raw(b"\0" * 32), id="padding-of-nothing"),
        pytest.param(_raw(b"x" * 31 + b"\x21"), id="padding-beyond-the-block"),
        pytest.param(_raw(b"x" * 29 + b"\x01\x03\x03"), id="padding-of-two-minds"),
        pytest.param(_raw(b"\x20" * 32), id="nothing-but-padding"),
        pytest.param(
            _raw(b"s" * 16 + b"\0" * 4 + CORP_ID.encode() + b"\0" * 25 + b"\x1a"),
            id="padding-only-at-the-end",
        ),
        pytest.param(
            Signer().sealed("x")[:10] + "!" + Signer().sealed("x")[10:], id="junk-between"
        ),
        pytest.param(_raw(b"s" * 16 + b"\xff\xff\xff\xff" + b"\x0c" * 12), id="length-lies"),
        pytest.param(_raw(b"s" * 15 + b"\x11" * 17), id="no-room-for-a-length"),
    ],
)
def test_a_signed_envelope_that_is_none_is_malformed(envelope: str) -> None:
    """Even the right signature does not carry nonsense further."""
    crypto = WecomCrypto("t", AES_KEY, CORP_ID)

    with pytest.raises(Malformed):
        crypto.decrypt(crypto.signature("1", "2", envelope), "1", "2", envelope)


@settings(deadline=None)
@given(st.binary(max_size=200), st.text(), st.text(), st.text())
def test_only_call_errors_leave(sealed: bytes, timestamp: str, nonce: str, junk: str) -> None:
    """Signed or not, bytes or words: nothing but our own errors comes out."""
    crypto = WecomCrypto("t", AES_KEY, "")
    envelope = base64.b64encode(sealed).decode()
    with pytest.raises(CallError):
        crypto.decrypt(crypto.signature(timestamp, nonce, envelope), timestamp, nonce, envelope)
    with pytest.raises(Unauthorized):
        crypto.decrypt(junk, timestamp, nonce, junk)


def test_the_secrets_are_not_shown() -> None:
    """Printed by accident, the object says nothing that opens a door."""
    shown = repr(WecomCrypto("QDG6eK", AES_KEY, CORP_ID))

    assert "QDG6eK" not in shown and AES_KEY not in shown


@pytest.mark.parametrize("key", ["", "short", AES_KEY + "=", "!" + AES_KEY[1:]])
def test_a_wrong_aes_key_is_named(key: str) -> None:
    """The start tells which setting is wrong instead of failing at the first call."""
    assert "43" in aes_key_fault(key) and not aes_key_fault(AES_KEY)
