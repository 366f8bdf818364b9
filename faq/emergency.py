"""Danger to life: recognised before anything else, by what is named and by what was learned."""

import re

from faq.acts import Acts
from faq.reading import Reading

HEARD = 0.5
"""From this probability on a message is an emergency, whatever it names."""
SURE = 0.8
"""The same where something else speaks against it."""
DOUBTED = 0.03
"""Below this it is none, even if it names a danger."""
KINDS = (
    "gas",
    "lift",
    "fire",
    "medical",
    "electric",
    "despair",
    "danger",
    "missing",
    "fraud",
    "fight",
)
FILED = {
    "gas": "安全隐患",
    "lift": "安全隐患",
    "fire": "安全隐患",
    "electric": "安全隐患",
    "fight": "矛盾纠纷",
}
"""Kinds that are also a matter to look after, and the category of the issue."""

PERSON = (
    "(?:有人|老人|老头|老太|奶奶|爷爷|外公|外婆|阿婆|阿公|婆婆|公公|大爷|大妈|老伴|爸|妈|孩子|小孩"
    "|姑娘|小伙|女的|男的|老公|老婆|邻居|工人|师傅|婴儿|宝宝|孙子|孙女|女孩|男孩|个人)"
)
FAMILY = (
    "(?:孩子|小孩|娃|儿子|女儿|孙子|孙女|宝宝|弟弟|妹妹|老人|奶奶|爷爷|外公|外婆|姥姥|姥爷|婆婆|公公"
    "|爸|妈|老伴|老头|老太|老公|老婆)"
)
THINGS = "[证卡钱包书车狗猫鞋药本球表]|钥匙|手机|快递|衣服|东西|眼镜|手环"
SAID = {
    "medical": re.compile(
        f"{PERSON}[^,。!?的]{{0,8}}(?:摔|跌|掉|翻|栽|坠|滚)[^,。!?]{{0,4}}"
        "(?:下去|下来|下楼|楼下|水里|河里|井里|沟里|湖里|[^,。!?]{0,3}池)"
        "|(?:摔|跌|滑|倒|躺|趴)[^。!?]{0,8}"
        "(?:起不来|不起来|动不了|不能动|不动了|没法动|动弹不得)"
        "|(?:叫|喊|推|拍|摇)[^,。!?]{0,3}(?:不应|不醒|不答应|没反应|没应|不动)"
        "|(?:喝|吞|吃|误服)[^,。!?]{0,4}"
        "(?:农药|敌敌畏|百草枯|老鼠药|消毒液|洁厕灵|安眠药|汽油|纽扣电池)"
        "|(?:电池|硬币|钉子|别针|药片|一把药)[^,。!?]{0,4}吞"
        f"|{PERSON}[^,。!?的]{{0,6}}(?:烫|烧|砍|轧|压|夹|砸|扎|电)(?:伤|住|着|到)"
        f"|{PERSON}[^,。!?]{{0,6}}烫[^,。!?]{{0,2}}(?:一大片|好大|严重|起泡)"
    ),
    "despair": re.compile(
        "寻死|求死|自尽|不想活|活够了|一了百了|做傻事|想死(?![你我人])"
        "|活着[^,。!?]{0,4}(?:意思|意义|劲|盼头)|我(?:真的?|快|实在)?[撑熬活]不下去"
    ),
    "missing": re.compile(
        f"{FAMILY}(?:(?!{THINGS})[^,。!?的])"
        "{0,8}"
        "(?:不见了|走丢|走失|没影|(?:找不[到着]人?|丢)了?(?:[,。!? ]|$))"
        f"|{FAMILY}[^。!?]"
        "{0,8}没(?:回来|回家)[^。!?]{0,6}找不[到着]"
    ),
    "fraud": re.compile(
        "被[^,。!?]{0,4}骗[了走去][^,。!?]{0,6}(?:钱|[0-9万千块元])|(?:转|汇|打)了?[^,。!?]{0,3}给骗子"
        "|给骗子[^,。!?]{0,2}(?:转|汇|打)"
    ),
}
"""What is said in too many ways for a list: who, what befell them, how they are."""
THING_GONE = re.compile(f"(?:{THINGS})[^,。!?]{{0,3}}(?:不见|掉|丢|没了|找不[到着])")
"""A thing that fell or is lost: nobody is in danger."""
STORY = 64
"""Characters beyond which nobody in danger writes."""
PATIENT = frozenset({"gas", "despair"})
"""Kinds that are told at length, too."""
NOT_NOW = frozenset({"told", "past", "harmless", "resolved", "ad", "cancel", "signup"})
"""Cues of what was heard, is over, or only comes up; a call for help outweighs them."""
CALM = {"despair": NOT_NOW - {"past"}, "fight": NOT_NOW | {"lasting", "worry", "neighbour"}}
"""The same for kinds that differ: grief is of the past, and a quarrel that goes on is advised."""


def emergency(reading: Reading, acts: Acts) -> str | None:
    """The kind of emergency a message tells of, None when it tells of none.

    Told, remembered, asked about as a rule, or already over is not one.
    """
    share = acts.share("emergency")
    kind = _named(reading)
    if kind is not None and (kind in PATIENT or "urgent" in reading.cues or share >= DOUBTED):
        return kind
    calm = reading.cues.keys() & NOT_NOW or THING_GONE.search(reading.text)
    if share < (SURE if calm else HEARD):
        return None
    return kind or max(acts.dangers, key=acts.dangers.__getitem__)


def _named(reading: Reading) -> str | None:
    """The kind that a cue or a pattern names."""
    cues = reading.cues
    kind = next((kind for kind in KINDS if kind in cues or _said(kind, reading)), None)
    if kind is None or "urgent" in cues:
        return kind
    if cues.keys() & CALM.get(kind, NOT_NOW):
        return None
    return kind if kind in PATIENT or len(reading.core) <= STORY else None


def _said(kind: str, reading: Reading) -> bool:
    pattern = SAID.get(kind)
    if pattern is None:
        return False
    return any(pattern.search(text) is not None for text in (reading.plain, reading.text))
