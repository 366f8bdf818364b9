"""What one text reads as: the views on it that the other rooms share."""

import re
from functools import cached_property
from itertools import pairwise

from faq.lexicon import Found, Lexicon, cues, thesaurus
from faq.normalise import bare, normalise
from faq.pinyin import sounds
from faq.spelling import mend
from faq.words import stopwords, words

CLAUSE = re.compile(r"[，。！？；、,.!?;:：~～…\n ]+")
DENIED = re.compile(
    r"(?<!是)(?<!算)(?:不是|不问|不是问|不是说|不是办|不是要)[^，。！？；、,.!?;:\s是]{0,3}$"
)
"""What stands right before a thing that is not meant."""
STORY = 48
"""Characters from which a message tells a story before it asks."""
QUESTION = re.compile(
    "[吗么?？]|怎么|哪[里个家些]|什么|多少|多久|几[点时号岁个]|谁|能不能|可不可以|要不要|是不是|有没有"
    "|行不行|让不让|好不好|会不会|该不该|需不需要|得不得|能否|可否|是否|用不用|算不算|给不给|开不开"
)


class Reading:
    """A text as the rooms see it; every view is made when first asked for."""

    def __init__(self, text: str, *, mended: bool = True) -> None:
        """Read the text; `mended` puts homophone slips right (not wanted for entries)."""
        self.raw = text
        self.plain = normalise(text)
        self._mended = mended

    @cached_property
    def text(self) -> str:
        """The normalised text with its slips put right."""
        return mend(self.plain) if self._mended else self.plain

    @cached_property
    def core(self) -> str:
        """The text without fillers and punctuation, pieces parted by a space."""
        return " ".join(part for part in CLAUSE.split(bare(self.text)) if part)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words that carry meaning, each once, in order."""
        found = words().cut(self.core)
        return tuple(dict.fromkeys(word for word in found if word not in stopwords()))

    @cached_property
    def pairs(self) -> tuple[str, ...]:
        """Neighbouring characters within a clause, each once."""
        return tuple(dict.fromkeys(_pairs(self.core)))

    @cached_property
    def sounds(self) -> tuple[str, ...]:
        """Neighbouring blurred syllables within a clause, each once."""
        heard = sounds(self.core)
        return tuple(
            dict.fromkeys(
                f"{first} {second}"
                for first, second in pairwise(heard)
                if first != " " and second != " "
            )
        )

    @cached_property
    def concepts(self) -> dict[str, Found]:
        """The concepts of the thesaurus that the text speaks of."""
        return self._both(thesaurus())

    @cached_property
    def denied(self) -> frozenset[str]:
        """The concepts that are named as not meant: 不是问加装."""
        return frozenset(
            name for name, found in self.concepts.items() if DENIED.search(self.text[: found.start])
        )

    def stress(self, concept: str) -> float:
        """How much a concept counts: towards the end of a story more, denied not at all."""
        if concept in self.denied:
            return 0.0
        if len(self.core) < STORY:
            return 1.0
        return 0.75 + 0.5 * self.concepts[concept].start / len(self.text)

    @cached_property
    def cues(self) -> dict[str, Found]:
        """The cues of reports, intents and emergencies in the text."""
        return self._both(cues())

    @cached_property
    def asks(self) -> bool:
        """True when it has the form of a question."""
        return QUESTION.search(self.text) is not None

    @cached_property
    def clauses(self) -> tuple[str, ...]:
        """The pieces between punctuation marks."""
        return tuple(part for part in CLAUSE.split(self.text) if part)

    def _both(self, lexicon: Lexicon) -> dict[str, Found]:
        """What the lexicon finds in the text as typed and as mended."""
        found = lexicon.find(self.text)
        if self.text != self.plain:
            return lexicon.find(self.plain) | found
        return found


def _pairs(core: str) -> list[str]:
    return [
        core[at : at + 2] for at in range(len(core) - 1) if core[at] != " " and core[at + 1] != " "
    ]
