"""Decisions: one action for one message, in the order of precedence."""

import re
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import faq
from faq import Decision, Entry, Index, OpenQuestion, PlaceNames, Situation, understand
from faq.evaluate import entries, read
from faq.reports import CATEGORIES

DATA = Path(__file__).parent / "data"
INDEX = Index(entries(read(DATA / "faq.jsonl")))
PRIVATE = Situation(
    INDEX,
    PlaceNames(["老锅炉房"]),
    words={"报修": "report", "帮助": "skill:help", "报名": "signup"},
    patterns=((re.compile(r"^\d{1,6}\s*修好了$"), "skill:settle"),),
    examples={"skill:volunteer": ("我想帮邻居买菜", "谁家需要帮忙跑腿我可以去")},
)
GROUP = replace(PRIVATE, chat="group")
CHOICE = replace(PRIVATE, question=OpenQuestion(choices=3))
WHAT = replace(PRIVATE, question=OpenQuestion(choices=0, free_text=True))
WHERE = replace(PRIVATE, question=OpenQuestion(choices=1, free_text=True, place=True))
ACTIONS = frozenset(
    [
        "answer",
        "suggest",
        "refuse",
        "report",
        "progress",
        "human",
        "signup",
        "cancel_signup",
        "next_event",
        "emergency",
        "silent",
        "choose",
        "unclear",
        "skill:help",
        "skill:settle",
        "skill:volunteer",
    ]
)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("低保怎么申请", "answer"),
        ("怎么报修电梯", "answer"),
        ("灯坏了", "report"),
        ("5号楼二单元楼道灯坏了好几天没人修", "report"),
        ("灯修好了谢谢", "refuse"),
        ("我报的漏水处理得怎么样了", "progress"),
        ("编号712", "progress"),
        ("转人工", "human"),
        ("周六的讲座给我报两个人", "signup"),
        ("+2", "signup"),
        ("周六的讲座去不了了，帮我取消", "cancel_signup"),
        ("这个周末有什么活动", "next_event"),
        ("红烧肉怎么做好吃", "refuse"),
        ("护照过期了去哪里换", "refuse"),
        ("专业疏通下水道，24小时上门", "refuse"),
        ("帮助", "skill:help"),
        ("712 修好了", "skill:settle"),
        ("", "refuse"),
        ("我想找人帮忙，我老伴腿脚不好", "human"),
        ("有人吗 我要找人", "human"),
        ("我们楼漏水了", "report"),
        ("垃圾没人收", "report"),
        ("不是问加装，我们楼有电梯，是坏了", "answer"),
        ("咋样了", "progress"),
        ("好了没", "progress"),
        ("有人来吗", "progress"),
        ("人来了没", "progress"),
        ("取消订单", "refuse"),
        ("大清扫是哪天", "next_event"),
        ("合唱排练几点", "next_event"),
        ("取消", "cancel_signup"),
        ("那个灯取消吧不用修了", "refuse"),
        ("取消合唱排练的通知", "refuse"),
        ("今天热死了", "refuse"),
    ],
)
def test_a_private_message_has_one_action(text: str, action: str) -> None:
    """What a resident wants is what the bot does."""
    assert understand(text, PRIVATE).action == action


@pytest.mark.parametrize(
    ("text", "kind", "also"),
    [
        ("家里煤气味好重，快来人", "gas", ("report",)),
        ("我被困在电梯里了", "lift", ("report",)),
        ("3号楼着火了", "fire", ("report",)),
        ("我老伴晕倒了叫不醒", "medical", ()),
        ("楼道电箱在冒火花", "electric", ("report",)),
        ("有人要跳楼", "danger", ()),
        ("jiuming", "danger", ()),
        ("家裏著火了", "fire", ("report",)),
        ("師傅從架子上摔下來了", "medical", ()),
        ("奶奶在浴室滑了一跤爬不起来了", "medical", ()),
        ("老伴走了以后我就不想活了", "despair", ()),
        ("活着还有什么劲", "despair", ()),
        ("我家小孩不见了", "missing", ()),
        ("奶奶出门一天没回来，找不到人", "missing", ()),
        ("我妈被骗去两万块", "fraud", ()),
        ("我刚给骗子转了两万", "fraud", ()),
        ("5号楼门口打起来了", "fight", ("report",)),
    ],
)
def test_danger_comes_before_everything(text: str, kind: str, also: tuple[str, ...]) -> None:
    """An emergency is heard in any chat and over any open question."""
    for situation in (PRIVATE, GROUP, CHOICE, WHERE):
        decision = understand(text, situation)

        assert (decision.action, decision.emergency, decision.also) == ("emergency", kind, also)


@pytest.mark.parametrize(
    "text",
    [
        "新闻里说隔壁市煤气爆炸",
        "上个月家里着火烧光了，有没有救助",
        "燃气入户安检怎么预约",
        "灭火器在哪里领",
        "我家煤气灶打不着火",
        "孩子的球掉到楼下了",
        "楼道里有人抽烟，烟味呛人",
        "我妈前年摔下楼，现在能评残吗",
        "如果电梯困人了该打哪个电话",
        "消防讲座讲了着火怎么逃生，讲得真好",
        "打麻将没意思",
        "想死你们了",
        "孩子的书包不见了",
        "孩子找到了，谢谢大家",
        "邻居家孩子丢了个玩具",
        "听说有人被骗了五万",
        "夫妻天天打架找谁调解",
    ],
)
def test_talk_of_danger_is_no_alarm(text: str) -> None:
    """What was heard, is over or only might be is not an emergency."""
    assert understand(text, PRIVATE).action != "emergency"


def test_an_emergency_that_is_a_defect_has_its_category() -> None:
    """It is recorded as 安全隐患, with its place."""
    decision = understand("2栋3单元楼道煤气味很大", PRIVATE)

    assert decision.category == "安全隐患"
    assert decision.place is not None
    assert decision.place.startswith("2栋3单元")


@pytest.mark.parametrize(
    ("text", "choice"), [("1", 1), ("３", 3), ("二", 2), ("选2", 2), ("第3个", 3), ("1。", 1)]
)
def test_a_digit_chooses(text: str, choice: int) -> None:
    """An open numbered question is answered by a number in any form."""
    decision = understand(text, CHOICE)

    assert (decision.action, decision.choice) == ("choose", choice)


@pytest.mark.parametrize(("text", "situation"), [("4", CHOICE), ("0", CHOICE), ("2", PRIVATE)])
def test_a_digit_without_its_question_is_asked_back(text: str, situation: Situation) -> None:
    """Out of range or nothing open: never guessed."""
    assert understand(text, situation).action == "unclear"


def test_an_open_choice_leaves_other_messages_alone() -> None:
    """Whoever asks something new is heard."""
    assert understand("低保怎么申请", CHOICE).action == "answer"


@pytest.mark.parametrize("text", ["3号楼2单元", "二楼楼梯口那里", "就在我家门口", "张桂芳", "3"])
def test_free_text_answers_an_open_question(text: str) -> None:
    """The message is what was asked for."""
    decision = understand(text, WHAT)

    assert (decision.action, decision.choice, decision.argument) == ("choose", None, text)


@pytest.mark.parametrize(
    "text",
    [
        "3号楼2单元",
        "楼下",
        "就在门口那儿",
        "电梯里",
        "垃圾桶旁边",
        "小区南门进来左手边那排车棚",
        "老王家门口",
        "不清楚",
        "算了",
    ],
)
def test_where_is_answered_by_a_place(text: str) -> None:
    """Named or not; not knowing it and giving up are answers too."""
    decision = understand(text, WHERE)

    assert (decision.action, decision.argument) == ("choose", text)


@pytest.mark.parametrize(
    "text", ["我被骗了两万块", "！！！！", "嗯 我再看看", "随便", "厨房水管也坏了", "老年卡怎么办"]
)
def test_where_is_not_answered_by_another_matter(text: str) -> None:
    """What tells no place is judged afresh."""
    assert understand(text, WHERE).action != "choose"


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("转人工", "human"),
        ("帮助", "skill:help"),
        ("低保怎么申请", "answer"),
        ("7号楼地下室进水了没人管", "report"),
    ],
)
def test_something_else_leaves_an_open_question(text: str, action: str) -> None:
    """A person wanted, a command, a sure question, a new report: not an answer."""
    assert understand(text, WHERE).action == action


@pytest.mark.parametrize(
    ("text", "argument"),
    [
        ("报修", ""),
        ("报修 3号楼灯坏了", "3号楼灯坏了"),
        ("报修：水管爆了", "水管爆了"),
        ("报修3号楼灯坏了", "3号楼灯坏了"),
    ],
)
def test_a_command_word_keeps_what_follows(text: str, argument: str) -> None:
    """With or without a separator."""
    decision = understand(text, PRIVATE)

    assert (decision.action, decision.argument) == ("report", argument)


def test_a_question_that_begins_like_a_command_is_a_question() -> None:
    """报名要带什么 asks; it does not sign up."""
    assert understand("报名小学要带什么材料", PRIVATE).action != "signup"


@pytest.mark.parametrize("text", ["楼上漏水找谁", "楼道灯不亮归谁管"])
def test_a_question_about_a_defect_also_offers_to_record_it(text: str) -> None:
    """Answered first, recorded if wished."""
    decision = understand(text, PRIVATE)

    assert decision.action in {"answer", "suggest"}
    assert decision.also == ("report",)


@pytest.mark.parametrize(
    "text",
    [
        "哈哈哈笑死我了",
        "张阿姨你家灯修好没有",
        "谁家的快递放错在我门口了",
        "高价回收旧家电，上门取货",
        "我昨天刚去把老年卡办了",
        "收到",
        "2",
        "晚上一起吃饭",
    ],
)
def test_the_bot_keeps_out_of_neighbours_talk(text: str) -> None:
    """In a group nobody who does not speak to it is answered."""
    assert understand(text, GROUP).action == "silent"


@pytest.mark.parametrize(
    ("text", "action"),
    [("5号楼楼道灯坏了好几天没人修", "report"), ("请问高龄津贴怎么申请？", "answer")],
)
def test_what_is_certain_is_heard_in_a_group(text: str, action: str) -> None:
    """A clear report and a clear question are, even unaddressed."""
    assert understand(text, GROUP).action == action


def test_a_mention_makes_a_group_private() -> None:
    """Addressed is addressed."""
    assert understand("转人工", replace(GROUP, mentioned=True)).action == "human"


def test_examples_lead_to_their_skill() -> None:
    """A new skill brings its sentences and nothing else."""
    assert understand("我可以帮邻居买菜", PRIVATE).action == "skill:volunteer"


def test_an_answer_names_its_entry() -> None:
    """The entry is the first candidate, its score the decision's."""
    decision = understand("低保怎么申请", PRIVATE)

    assert decision.entry == decision.candidates[0].id
    assert decision.score == decision.candidates[0].score


@pytest.mark.parametrize("text", ["怎么交", "小区里", "孩子"])
def test_a_word_in_common_is_no_answer(text: str) -> None:
    """Where no concept is shared, words and pairs have to carry the score."""
    assert understand(text, PRIVATE).action != "answer"


def test_few_are_offered() -> None:
    """At most three, none that is hardly meant; the decision keeps up to five."""
    decision = understand("低保", PRIVATE)

    assert decision.offered == tuple(c for c in decision.candidates[:3] if c.score >= 0.05)
    assert len(decision.candidates) > len(decision.offered) > 0


def test_without_entries_nothing_is_answered() -> None:
    """An empty FAQ refuses politely."""
    assert understand("低保怎么申请", Situation(Index(), PlaceNames())) == Decision("refuse")


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=2_000), group=st.booleans())
def test_any_text_is_decided(text: str, group: bool) -> None:
    """No text of 2,000 characters raises or leaves the bounds."""
    decision = understand(text, GROUP if group else PRIVATE)

    assert decision.action in ACTIONS
    assert 0 <= decision.score <= 1
    assert len(decision.candidates) <= 5
    assert decision.category is None or decision.category in CATEGORIES
    assert decision.place is None or decision.place in text


@settings(max_examples=60, deadline=None)
@given(
    text=st.lists(
        st.sampled_from("楼号1三单元东门路那条的上下 ，。？坏了灯水怎么申请低保abc"), max_size=2_000
    )
)
def test_any_mixture_of_telling_characters_is_decided(text: list[str]) -> None:
    """Places and concepts piled up stay within bounds too."""
    assert understand("".join(text), PRIVATE).action in ACTIONS


def test_a_very_long_text_takes_no_longer_than_a_long_one() -> None:
    """Only so many characters are read: 20,000 cost about what 1,000 cost."""
    unit = "3号楼下水道堵了找谁怎么申请低保abc "

    def seconds(text: str) -> float:
        began = perf_counter()
        understand(text, PRIVATE)
        return perf_counter() - began

    long = min(seconds(unit * 50) for _ in range(5))
    very_long = min(seconds(unit * 1000) for _ in range(5))

    assert very_long < 6 * long


def test_a_new_entry_counts_in_the_next_decision() -> None:
    """The situation holds the live index."""
    index = Index()
    situation = Situation(index, PlaceNames())
    index.add(Entry("x", "社区理发室几点开门"))

    assert understand("社区理发室几点开门", situation).candidates[0].id == "x"


def test_loading_twice_is_harmless() -> None:
    """The dictionaries are read once."""
    faq.load()
    faq.load()

    assert understand("转人工", PRIVATE).action == "human"
