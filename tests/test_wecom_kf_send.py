"""微信客服: answers go out within the service's budget, and each key arrives once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import Rejected, Unknown
from bot.model import Kind, Outgoing
from bot.platforms.wecom_kf import WecomKf
from tests.fakes.trouble import Trouble
from tests.fakes.wecom_kf import FakeWecomKf

WHO = "wmAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw"


def outgoing(text: str = "有人在办了。", key: str = "out-1", reply_to: str = "") -> Outgoing:
    """A text on its way to the resident."""
    return Outgoing(1, key, "wecom_kf", "", WHO, Kind.REPLY, text, reply_to=reply_to)


async def test_an_answer_arrives(kf: WecomKf, fake_kf: FakeWecomKf) -> None:
    """The resident reads it; the id is our key."""
    fake_kf.writes(WHO, content="你好")
    sent = await kf.send(outgoing("您好"))

    assert (fake_kf.residents[WHO].texts, sent.id) == (["您好"], "out-1")


@pytest.mark.parametrize("trouble", ["lost", "reset", 502])
async def test_repeating_after_silence_sends_once(
    kf: WecomKf, fake_kf: FakeWecomKf, trouble: Trouble
) -> None:
    """Taken or not before the silence: after the repetition the resident has it once."""
    fake_kf.writes(WHO, content="你好")
    fake_kf.trouble = [trouble]
    with pytest.raises(Unknown):
        await kf.send(outgoing())
    await kf.send(outgoing())

    assert fake_kf.residents[WHO].texts == ["有人在办了。"]


async def test_the_declared_quota_is_the_services(kf: WecomKf, fake_kf: FakeWecomKf) -> None:
    """Five go, the sixth is refused with a reason, a new message opens five more."""
    quota = kf.capabilities.quota
    assert quota is not None
    fake_kf.writes(WHO, content="你好")
    for number in range(quota.count):
        await kf.send(outgoing(key=f"a{number}"))
    with pytest.raises(Rejected, match=r"5 条.*95001"):
        await kf.send(outgoing(key="b"))
    fake_kf.writes(WHO, content="还在吗")
    await kf.send(outgoing(key="b"))

    assert len(fake_kf.residents[WHO].texts) == quota.count + 1


async def test_the_window_closes(kf: WecomKf, fake_kf: FakeWecomKf) -> None:
    """A minute before its end it is open, at its end shut."""
    quota = kf.capabilities.quota
    assert quota is not None
    fake_kf.writes(WHO, content="你好")
    fake_kf.now += quota.window - timedelta(minutes=1)
    await kf.send(outgoing(key="a"))
    fake_kf.now += timedelta(minutes=1)
    with pytest.raises(Rejected, match=r"48 小时.*95002"):
        await kf.send(outgoing(key="b"))

    assert len(fake_kf.residents[WHO].texts) == 1


async def test_a_chat_in_staffs_hands_is_left_alone(kf: WecomKf, fake_kf: FakeWecomKf) -> None:
    """The service lets no robot in between."""
    fake_kf.writes(WHO, content="你好")
    fake_kf.residents[WHO].with_staff = True

    with pytest.raises(Rejected, match=r"人工.*95018"):
        await kf.send(outgoing())


async def test_a_greeting_costs_nothing(kf: WecomKf, fake_kf: FakeWecomKf) -> None:
    """Who has only opened the chat may be greeted, once, by the welcome code."""
    code = fake_kf.enters(WHO, scene="b3")
    await kf.send(outgoing("您好，这里是幸福里", reply_to=code))

    assert (fake_kf.residents[WHO].texts, fake_kf.residents[WHO].answers) == (
        ["您好，这里是幸福里"],
        0,
    )


async def test_a_greeting_too_late_goes_the_ordinary_way(kf: WecomKf, fake_kf: FakeWecomKf) -> None:
    """Within the window it arrives all the same, without one it is refused with the reason."""
    code = fake_kf.enters(WHO, scene="b3")
    fake_kf.now += timedelta(seconds=21)
    with pytest.raises(Rejected, match="95002"):
        await kf.send(outgoing(reply_to=code))
    fake_kf.writes(WHO, content="有人吗")
    await kf.send(outgoing(reply_to=code))

    assert fake_kf.residents[WHO].texts == ["有人在办了。"]


async def test_a_greeting_repeated_after_silence_is_sent_once(
    kf: WecomKf, fake_kf: FakeWecomKf
) -> None:
    """The code is spent, the window shut; the key says that the text was taken."""
    code = fake_kf.enters(WHO, scene="b3")
    fake_kf.trouble = ["lost"]
    with pytest.raises(Unknown):
        await kf.send(outgoing(reply_to=code))
    await kf.send(outgoing(reply_to=code))

    assert fake_kf.residents[WHO].texts == ["有人在办了。"]


async def test_what_can_never_go_is_rejected_here(kf: WecomKf, fake_kf: FakeWecomKf) -> None:
    """Too long, a key of another form, a resident nobody knows."""
    fake_kf.writes(WHO, content="你好")
    bad = [
        outgoing("长" * 683),
        outgoing(key="编号"),
        outgoing(key="x" * 33),
        replace(outgoing(), chat="wmNobody"),
    ]
    for text in bad:
        with pytest.raises(Rejected):
            await kf.send(text)

    assert fake_kf.residents[WHO].texts == []
