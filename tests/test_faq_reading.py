"""Reading: one spelling for many, slips put right, pinyin turned into characters."""

import pytest

from faq.lexicon import Lexicon
from faq.normalise import LONGEST, cap, normalise, simplify
from faq.pinyin import blur, split
from faq.reading import Reading
from faq.words import words


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ＡＢ１２", "ab12"),
        ("護照過期", "护照过期"),
        ("俺想问咋整", "我想问怎么办"),
        ("去边度攞", "去哪里拿"),
        ("侬晓得伐", "你知道吗"),
        ("[玫瑰]你好", "你好"),
        ("好久没人来了", "好久没人来了"),
        ("树被砍伐", "树被砍伐"),
        ("小喇叭", "小喇叭"),
        ("几号楼", "几号楼"),
    ],
)
def test_many_spellings_become_one(written: str, meant: str) -> None:
    """Width, script and dialect vanish; standard words that look alike stay."""
    assert normalise(written) == meant


def test_simplifying_keeps_every_position() -> None:
    """A place is cut out of the text as it was typed."""
    text = "7號樓電梯裡有人倒了湯汁"

    assert len(simplify(text)) == len(text)


def test_a_long_text_keeps_beginning_and_end() -> None:
    """People ask first or last."""
    text = "头" + "中" * 20_000 + "尾"

    kept = cap(text)

    assert len(kept) <= LONGEST + 2
    assert kept[0] == "头"
    assert kept[-1] == "尾"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("帝保怎么申请", "低保怎么申请"),
        ("居住正掉了", "居住证掉了"),
        ("夏水道堵了", "下水道堵了"),
        ("楼上漏水了", "楼上漏水了"),
        ("张阿姨下楼买菜", "张阿姨下楼买菜"),
        ("dibao zenme ban", "低保怎么办"),
        ("shenfenzheng diu le", "身份证丢了"),
    ],
)
def test_slips_are_put_right_and_nothing_else(typed: str, meant: str) -> None:
    """A homophone gives way to the domain's term; a sound sentence stays as it is."""
    assert Reading(typed).text == meant


@pytest.mark.parametrize(
    ("letters", "syllables"),
    [
        ("shenfenzheng", ("shen", "fen", "zheng")),
        ("dianti", ("dian", "ti")),
        ("wifi", ()),
        ("", ()),
    ],
)
def test_letters_split_into_syllables(letters: str, syllables: tuple[str, ...]) -> None:
    """The fewest syllables; nothing for what is not pinyin."""
    assert split(letters) == syllables


def test_southern_ears_hear_the_same() -> None:
    """Zh and z, sh and s, -ing and -in are one."""
    assert (blur("zheng"), blur("shi"), blur("ling")) == ("zen", "si", "lin")


def test_words_follow_the_dictionary() -> None:
    """The likeliest cut; digits and letters stay together."""
    assert words().cut("社区居民2026年做b超") == ["社区", "居民", "2026", "年", "做", "b", "超"]


def test_the_longest_term_counts() -> None:
    """居住证明 is not 居住证."""
    lexicon = Lexicon([("证明", "1", "居住证明"), ("证", "1", "居住证")])

    assert set(lexicon.find("居住证明怎么开")) == {"证明"}


def test_parts_of_a_term_must_stand_near() -> None:
    """Two words of a joined term count within reach of each other only."""
    lexicon = Lexicon([("高龄", "1", "八十+补贴")])

    assert "高龄" in lexicon.find("我妈八十了有补贴吗")
    assert "高龄" not in lexicon.find("八十" + "啊" * 40 + "补贴")


def test_pieces_shared_by_terms_are_found_in_any_order() -> None:
    """What comes first does not matter."""
    lexicon = Lexicon([("高龄", "1", "八十+补贴")])

    assert "高龄" in lexicon.find("补贴要满八十吗")
