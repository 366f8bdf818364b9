"""WeCom's envelope in the hands of wechatpy and of the official SDK: both ways, random texts."""

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.model import Call
from bot.platforms._accounts import Account
from bot.platforms._wecom_crypto import WecomCrypto
from bot.platforms.wecom import Wecom
from tests.fakes.wecom import AES_KEY, CORP_ID, NOW, Signer, sample, xml
from tests.peers.peer import HOME, SCRIPTS, Peer, prepare

# The first of them may have to build its environment.
pytestmark = [pytest.mark.peers, pytest.mark.timeout(600)]

TOKEN = "QDG6eK"
TIMESTAMP, NONCE = str(int(NOW.timestamp())), "1372623149"
SIGNED = {"timestamp": TIMESTAMP, "nonce": NONCE}
ROUNDS = 300
CRYPTO = WecomCrypto(TOKEN, AES_KEY, CORP_ID)


@pytest.fixture(scope="module")
def wechatpy() -> Iterator[Peer]:
    """The library most Python bots of today are built on."""
    prepare()
    account = json.dumps([TOKEN, AES_KEY, CORP_ID])
    with Peer.python("wechatpy", "wechatpy_peer.py", account) as peer:
        yield peer


@pytest.fixture(scope="module")
def sdk() -> Iterator[Peer]:
    """WeCom's own SDK for its AI bot, whose receive id is empty."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.fail("no node here: run scripts/system-packages.sh node")
    prepare()
    home = HOME / ".venvs" / "wecom-node"
    account = json.dumps([TOKEN, AES_KEY, ""])
    script = str(SCRIPTS / "wecom-node" / "peer.cjs")
    with Peer("node", script, str(home), account) as peer:
        yield peer


def texts(seed: int) -> list[str]:
    """Random texts whose lengths in bytes meet every padding."""
    dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
    alphabet = "漏水🚿𠮷éa1 \n<&]]>"
    return ["".join(dice.choices(alphabet, k=dice.randrange(120))) for _ in range(ROUNDS)]


def wecom() -> Wecom:
    """Our side; nothing is sent here, so it needs no API."""
    return Wecom(Account("", "", sample().settings), None)  # type: ignore[arg-type]


def test_what_wechatpy_seals_we_open(wechatpy: Peer) -> None:
    """As whole calls, through `read`."""
    said = []
    for text in texts(1):
        content = text.strip()
        fields = {"FromUserName": "WangLi", "CreateTime": int(NOW.timestamp())}
        plain = xml(fields | {"MsgType": "text", "Content": content, "MsgId": "7"})
        body = wechatpy.ask(do="seal", plain=plain, **SIGNED)["body"]
        signature = body.partition("<MsgSignature><![CDATA[")[2].partition("]]>")[0]
        query = f"msg_signature={signature}&timestamp={TIMESTAMP}&nonce={NONCE}"
        (message,) = wecom().read(Call("POST", query, {}, body.encode(), NOW)).messages
        said.append((message.text, content))

    assert [ours for ours, _ in said] == [theirs for _, theirs in said]


def test_what_we_seal_wechatpy_opens(wechatpy: Peer) -> None:
    """Byte for byte."""
    for text in texts(2):
        envelope = CRYPTO.encrypt(text.encode())
        signature = CRYPTO.signature(TIMESTAMP, NONCE, envelope)
        body = f"<xml><Encrypt><![CDATA[{envelope}]]></Encrypt></xml>"

        answer = wechatpy.ask(do="open", body=body, signature=signature, **SIGNED)
        assert answer == {"plain": text}


def test_wechatpy_believes_our_fake(wechatpy: Peer) -> None:
    """What our tests call a message of WeCom's is one to wechatpy too."""
    call = Signer().says("3号楼漏水")
    signature = call.query.partition("msg_signature=")[2].partition("&")[0]
    answer = wechatpy.ask(do="parse", body=call.body.decode(), signature=signature, **SIGNED)

    assert answer == {"id": "4561255354251345929", "source": "WangLi", "content": "3号楼漏水"}


def test_wechatpy_refuses_what_we_refuse(wechatpy: Peer) -> None:
    """A wrong signature and another corporation's envelope."""
    other = replace(CRYPTO, receive_id="ww0000000000000000").encrypt(b"x")
    body = f"<xml><Encrypt><![CDATA[{other}]]></Encrypt></xml>"
    signature = CRYPTO.signature(TIMESTAMP, NONCE, other)
    errors = [
        wechatpy.ask(do="open", body=body, signature=each, **SIGNED)["error"]
        for each in ("0" * 40, signature)
    ]

    assert errors == ["InvalidSignatureException", "InvalidCorpIdException"]


def test_what_the_sdk_seals_we_open(sdk: Peer) -> None:
    """The envelope as WeCom's own code writes it, for an empty receive id."""
    ours = replace(CRYPTO, receive_id="")
    for text in texts(3):
        sealed = sdk.ask(do="seal", plain=text, **SIGNED)

        plain = ours.decrypt(sealed["signature"], TIMESTAMP, NONCE, sealed["encrypt"])
        assert plain.decode() == text


def test_what_we_seal_the_sdk_opens(sdk: Peer) -> None:
    """And refuses when the signature is another one."""
    ours = replace(CRYPTO, receive_id="")
    for text in texts(4):
        envelope = ours.encrypt(text.encode())
        signature = ours.signature(TIMESTAMP, NONCE, envelope)

        answer = sdk.ask(do="open", encrypt=envelope, signature=signature, **SIGNED)
        assert answer == {"plain": text}
        assert "error" in sdk.ask(do="open", encrypt=envelope, signature="0" * 40, **SIGNED)
