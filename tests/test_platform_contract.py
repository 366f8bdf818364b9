"""What every platform that listens must refuse, and what may leave its `read`."""

import asyncio
import dataclasses
import importlib
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import CallError, Malformed, SettingsError, Unauthorized
from bot.model import Call, Delivery, Message
from bot.platforms import Platform, Receives, build_all, discover
from tests.fakes.memory import LocalMemory
from tests.fakes.sample import Sample
from tests.fakes.tables import Tables

LISTENING = sorted(
    name for name in discover() if (Path(__file__).parent / "fakes" / f"{name}.py").exists()
)
EACH = pytest.mark.parametrize("name", LISTENING)
BOUNDED = settings(
    deadline=timedelta(seconds=5), suppress_health_check=[HealthCheck.too_slow], max_examples=150
)


@cache
def sample(name: str) -> Sample:
    """The account and the calls of that platform."""
    found = importlib.import_module(f"tests.fakes.{name}").sample()
    assert isinstance(found, Sample)
    return found


async def _built(name: str, accounts: dict[str, dict[str, str]]) -> list[Platform]:
    async with aiohttp.ClientSession() as http:
        every = build_all(Tables(**{name: accounts}), http, LocalMemory())
        return [each for each in every if each.name == name]


@cache
def platform(name: str) -> Receives:
    """The account; `read` needs no open session, for it does no I/O."""
    (built,) = asyncio.run(_built(name, {"": sample(name).settings}))
    assert isinstance(built, Receives)
    return built


def strings(value: object) -> Iterator[str]:
    """Every string in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from strings(item)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from strings(getattr(value, field.name))


def check_read(name: str, call: Call) -> None:
    """Nothing but our own errors comes out, or something any database can hold."""
    try:
        delivery = platform(name).read(call)
    except CallError:
        return
    assert isinstance(delivery, Delivery)
    for text in strings(delivery):
        assert "\0" not in text and text.encode() is not None
    for message in delivery.messages:
        check_message(name, message)


def check_message(name: str, message: Message) -> None:
    """Its keys are there and short, its time is aware."""
    keys = (message.id, message.chat, message.sender)
    assert message.platform == name and message.sent_at.tzinfo is not None
    assert all(0 < len(key) <= 220 for key in keys) and len(message.text) <= 4000


def replaced(call: Call, **fields: object) -> Call:
    """The call with some of its parts replaced."""
    return dataclasses.replace(call, **fields)  # type: ignore[arg-type]


def test_the_three_services_are_among_them() -> None:
    """A renamed fake would silently take its platform out of this file."""
    assert {"wecom", "wecom_kf", "onebot"} <= set(LISTENING)


@EACH
def test_a_good_call_is_taken(name: str) -> None:
    """Otherwise the refusals below would prove nothing."""
    delivery = platform(name).read(sample(name).good)
    answer = platform(name).respond(delivery)

    assert (delivery.messages or delivery.announcement) and 200 <= answer.status < 300


@EACH
def test_an_unsigned_call_is_refused(name: str) -> None:
    """Whatever it says."""
    bare = replaced(sample(name).good, query="", headers={})

    with pytest.raises(Unauthorized):
        platform(name).read(bare)


@EACH
@pytest.mark.parametrize("position", [0, 5, 20, 39])
def test_a_forged_signature_is_refused(name: str, position: int) -> None:
    """One wrong digit, anywhere."""
    good = sample(name).good

    def forged(text: str) -> str:
        start = text.index("sha1=" if "sha1=" in text else "ature=") + position
        start += len("sha1=" if "sha1=" in text else "ature=")
        return text[:start] + ("0" if text[start] != "0" else "1") + text[start + 1 :]

    headers = {
        key: forged(value) if "sha1=" in value else value for key, value in good.headers.items()
    }
    query = forged(good.query) if good.query else ""
    with pytest.raises(Unauthorized):
        platform(name).read(replaced(good, query=query, headers=headers))


@EACH
def test_a_stale_call_is_refused(name: str) -> None:
    """From before or after our time."""
    assert sample(name).stale
    for call in sample(name).stale:
        with pytest.raises(Unauthorized):
            platform(name).read(call)


@EACH
def test_a_call_for_somebody_else_is_refused(name: str) -> None:
    """Signed, but not for this account."""
    assert sample(name).for_somebody_else
    for call in sample(name).for_somebody_else:
        with pytest.raises(Unauthorized):
            platform(name).read(call)


@EACH
def test_a_truncated_call_says_the_same_or_nothing(name: str) -> None:
    """Cut at every length: what is not signed may be missing, what is may not."""
    good = sample(name).good
    whole = platform(name).read(good)
    refused = 0
    for length in range(len(good.body)):
        try:
            assert platform(name).read(replaced(good, body=good.body[:length])) == whole
        except CallError:
            refused += 1

    assert refused > len(good.body) * 0.8


@EACH
def test_a_huge_call_is_refused(name: str) -> None:
    """Before anything is computed from it."""
    good = sample(name).good
    for body in (good.body + b" " * (2 << 20), b'{"encrypt":"' + b"A" * (8 << 20) + b'"}'):
        with pytest.raises(Malformed):
            platform(name).read(replaced(good, body=body))


DEEP = {
    "array": b"[" * 200_000 + b"]" * 200_000,
    "open-array": b"[" * 400_000,
    "object": b'{"message":' * 50_000 + b"1" + b"}" * 50_000,
    "elements": b"<xml>" * 80_000 + b"</xml>" * 80_000,
    "open-elements": b"<a>" * 200_000,
    "in-a-list": b'{"post_type":"message","message":' + b"[" * 900 + b"]" * 900 + b"}",
    "codes": b'{"post_type":"message","message":"' + b"[CQ:" * 150_000 + b'"}',
    "commas": b'{"post_type":"message","message":"[CQ:at' + b",a=" * 150_000 + b'"}',
}


@EACH
@pytest.mark.parametrize("shape", DEEP)
def test_deep_nesting_costs_little(name: str, shape: str) -> None:
    """Signed or not, it is read or refused in less than two seconds of work."""
    signed = sample(name).signed(DEEP[shape])
    started = time.process_time()
    check_read(name, signed)
    check_read(name, replaced(sample(name).good, body=DEEP[shape]))

    assert time.process_time() - started < 2


@EACH
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", ""])
def test_other_methods_are_refused(name: str, method: str) -> None:
    """No message comes but by POST."""
    with pytest.raises(CallError):
        platform(name).read(replaced(sample(name).good, method=method))


WORDS = st.text(st.characters(), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@EACH
@BOUNDED
@given(method=st.sampled_from(["GET", "POST"]), query=WORDS, body=st.binary(max_size=300))
def test_junk_does_no_harm(name: str, method: str, query: str, body: bytes) -> None:
    """Anybody may send anything."""
    headers = {"x-signature": query, "x-self-id": query}
    signature = f"msg_signature={query}&timestamp={query}&nonce={query}&echostr={query}"
    for each in (query, signature):
        with pytest.raises(CallError):
            platform(name).read(Call(method, each, headers, body, sample(name).now))


@EACH
@BOUNDED
@given(body=st.binary(max_size=300) | WORDS.map(lambda text: text.encode("utf-8", "replace")))
def test_signed_junk_does_no_harm(name: str, body: bytes) -> None:
    """Nor may the service itself, gone mad."""
    check_read(name, sample(name).signed(body))


@EACH
@BOUNDED
@given(data=st.data())
def test_fields_of_other_types_do_no_harm(name: str, data: st.DataObject) -> None:
    """An ordinary message in which up to three fields are something else altogether."""
    known = st.sampled_from(sample(name).fields)
    fields = data.draw(st.dictionaries(known, VALUES, min_size=1, max_size=3))
    try:
        call = sample(name).dressed(fields)
    except UnicodeEncodeError:  # a lone surrogate cannot even be written down
        return
    check_read(name, call)


@EACH
@BOUNDED
@given(apart=st.timedeltas(timedelta(days=-700_000), timedelta(days=700_000)))
def test_any_clock_does_no_harm(name: str, apart: timedelta) -> None:
    """Ours may stand at any date."""
    try:
        received_at: datetime = sample(name).now + apart
    except OverflowError:
        return
    check_read(name, replaced(sample(name).good, received_at=received_at))


@EACH
def test_what_is_declared_makes_sense(name: str) -> None:
    """Limits are limits."""
    able = platform(name).capabilities

    assert able.max_bytes >= 1000
    assert able.rate is None or (able.rate.count > 0 and able.rate.per > timedelta(0))
    assert able.quota is None or (able.quota.count > 1 and able.quota.window > timedelta(0))


@EACH
def test_half_an_account_is_refused(name: str) -> None:
    """Each setting but one: the start says in Chinese what is missing."""
    whole = sample(name).settings
    for missing in whole:
        rest = {key: value for key, value in whole.items() if key != missing}
        with pytest.raises(SettingsError, match=f"还缺：.*{missing.upper()}"):
            asyncio.run(_built(name, {"": rest}))


@EACH
def test_nothing_configured_is_nothing_built(name: str) -> None:
    """And no error."""
    assert asyncio.run(_built(name, {})) == []
