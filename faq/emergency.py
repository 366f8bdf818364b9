"""Danger to life: recognised before anything else, without a model."""

from faq.reading import Reading

KINDS = ("gas", "lift", "fire", "medical", "electric", "danger")
DEFECTS = frozenset({"gas", "lift", "fire", "electric"})
"""Kinds that are also something to repair or to secure afterwards."""

STORY = 64
"""Characters beyond which nobody in danger writes."""
NOT_NOW = frozenset({"told", "past", "harmless", "resolved", "ad", "cancel", "signup"})
"""Cues of what was heard, is over, or only comes up; a call for help outweighs them."""


def emergency(reading: Reading) -> str | None:
    """The kind of emergency a message tells of, None when it tells of none.

    Told, remembered, asked about as a rule, or already over is not one.
    """
    cues = reading.cues
    kind = next((kind for kind in KINDS if kind in cues), None)
    calm = "urgent" not in cues
    if kind is None or (calm and cues.keys() & NOT_NOW):
        return None
    return None if calm and kind != "gas" and len(reading.core) > STORY else kind
