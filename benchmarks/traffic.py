"""Requests as services send them: signed, sealed, every message id used once."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

DATA = Path(__file__).resolve().parent.parent / "tests" / "data"
SELF_ID = 10001000
SECRET, TOKEN, CORP_ID = "benchmark", "benchmark", "ww1234567890abcdef"
AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")

_numbers = count(int(time.time()) * 1000)


def texts(*names: str) -> list[str]:
    """What residents write: the questions of the labelled sets of these names."""
    return [
        json.loads(line)["q"]
        for name in names
        for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]


def _post(path: str, headers: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def onebot(text: str, sender: int, path: str = "/webhook/onebot") -> bytes:
    """A private message through OneBot, signed."""
    said = {
        "time": int(time.time()),
        "self_id": SELF_ID,
        "post_type": "message",
        "message_type": "private",
        "sub_type": "friend",
        "message_id": next(_numbers),
        "user_id": sender,
        "message": [{"type": "text", "data": {"text": text}}],
        "raw_message": text,
        "font": 0,
        "sender": {"user_id": sender, "nickname": "王阿姨", "sex": "unknown", "age": 0},
    }
    body = json.dumps(said, ensure_ascii=False).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    headers = (
        "Content-Type: application/json\r\n"
        f"X-Self-ID: {SELF_ID}\r\nX-Signature: sha1={signature}\r\n"
    )
    return _post(path, headers, body)


def wecom(text: str, sender: int) -> bytes:
    """A member's message through WeCom, sealed and signed."""
    now = int(time.time())
    plain = (
        f"<xml><ToUserName><![CDATA[{CORP_ID}]]></ToUserName>"
        f"<FromUserName><![CDATA[member{sender}]]></FromUserName><CreateTime>{now}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content>"
        f"<MsgId>{next(_numbers)}</MsgId><AgentID>1000002</AgentID></xml>"
    )
    sealed, nonce = _sealed(plain.encode()), secrets.token_hex(8)
    signed = "".join(sorted([TOKEN, str(now), nonce, sealed]))
    signature = hashlib.sha1(signed.encode()).hexdigest()  # noqa: S324 - the protocol's
    body = (
        f"<xml><ToUserName><![CDATA[{CORP_ID}]]></ToUserName>"
        f"<Encrypt><![CDATA[{sealed}]]></Encrypt><AgentID><![CDATA[1000002]]></AgentID></xml>"
    )
    query = f"msg_signature={signature}&timestamp={now}&nonce={nonce}"
    return _post(f"/webhook/wecom?{query}", "Content-Type: text/xml\r\n", body.encode())


def _sealed(message: bytes) -> str:
    key = base64.b64decode(AES_KEY + "=")
    plain = secrets.token_bytes(16) + len(message).to_bytes(4, "big") + message + CORP_ID.encode()
    pad = 32 - len(plain) % 32
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(plain + bytes([pad]) * pad) + cipher.finalize()).decode()


def telegram(text: str, sender: int) -> bytes:
    """A private message through Telegram, with the secret of its webhook."""
    number = next(_numbers)
    person = {"id": sender, "is_bot": False, "first_name": "王阿姨", "language_code": "zh"}
    message = {
        "message_id": number % 2**31,
        "from": person,
        "chat": {"id": sender, "type": "private", "first_name": "王阿姨"},
        "date": int(time.time()),
        "text": text,
    }
    body = json.dumps({"update_id": number, "message": message}, ensure_ascii=False).encode()
    headers = f"Content-Type: application/json\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
    return _post("/webhook/telegram", headers, body)


def settings(data: Path, api_url: str) -> dict[str, str]:
    """The environment of a service that these requests and a fake API at `api_url` fit."""
    return {
        "XIAOLABA_DATA": str(data),
        "XIAOLABA_COMMUNITY_NAME": "幸福社区",
        "XIAOLABA_COMMUNITY_PHONE": "010-12345678",
        "XIAOLABA_ONEBOT_SECRET": SECRET,
        "XIAOLABA_ONEBOT_API_URL": api_url,
        "XIAOLABA_WECOM_CORP_ID": CORP_ID,
        "XIAOLABA_WECOM_AGENT_ID": "1000002",
        "XIAOLABA_WECOM_SECRET": SECRET,
        "XIAOLABA_WECOM_TOKEN": TOKEN,
        "XIAOLABA_WECOM_AES_KEY": AES_KEY,
        "XIAOLABA_WECOM_BASE_URL": api_url,
        "XIAOLABA_LOG_LEVEL": "INFO",
    }


def senders(people: int) -> Iterator[int]:
    """The numbers of so many residents, in turn, for ever."""
    return (30_000_000 + number % people for number in count())
