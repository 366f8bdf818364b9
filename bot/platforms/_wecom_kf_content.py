"""What an item of `kf/sync_msg` says, shows and points to.

https://developer.work.weixin.qq.com/document/path/94670 (read 2026-11)
"""

from bot.errors import Malformed
from bot.model import Location, Media, MediaKind
from bot.platforms._inbound import (
    degrees,
    identifier,
    json_object,
    list_of,
    object_of,
    storable,
    text_of,
)

LOCATION_KIND = "location"

_MEDIA = {
    "image": MediaKind.IMAGE,
    "voice": MediaKind.VOICE,
    "video": MediaKind.VIDEO,
    "file": MediaKind.FILE,
}

_TEXTS = {
    "text": ("content",),
    "link": ("title", "desc", "url"),
    "location": ("name", "address"),
    "miniprogram": ("title",),
}

_OTHER = "[其他消息]"

_LABELS = {
    "image": "[图片]",
    "voice": "[语音]",
    "video": "[视频]",
    "file": "[文件]",
    "location": "[位置]",
    "miniprogram": "[小程序]",
    "business_card": "[名片]",
    "merged_msg": "[聊天记录]",
}


def content(kind: str, body: dict[str, object]) -> str:
    """The words of an item: "" for a picture, clip or file, a label for what we cannot show."""
    if kind in _MEDIA:
        return ""
    if kind == "merged_msg":
        return _merged(body)
    return _words(kind, body)


def _words(kind: str, body: dict[str, object]) -> str:
    texts = [text for key in _TEXTS.get(kind, ()) if (text := text_of(body, key).strip())]
    if kind == "miniprogram" or kind not in _TEXTS:
        texts.insert(0, _LABELS.get(kind, _OTHER))
    return storable("\n".join(texts))


def _merged(body: dict[str, object]) -> str:
    """A forwarded piece of chat, one line for each message: "王阿姨：楼道灯坏了"."""
    lines = [text_of(body, "title")]
    lines += [_line(object_of(item)) for item in list_of(body.get("item", []))]
    return storable("\n".join(line for line in lines if line))


def _line(item: dict[str, object]) -> str:
    kind, name = text_of(item, "msgtype"), text_of(item, "sender_name")
    said = _LABELS.get(kind, "") or _inner_words(kind, item.get("msg_content"))
    return f"{name}：{said}" if name else said


def _inner_words(kind: str, value: object) -> str:
    """The words of a forwarded message: JSON within JSON, {"text":{"content":"…"}}."""
    try:
        inner = json_object(value.encode("utf-8", "replace") if isinstance(value, str) else b"")
        return _words(kind, object_of(inner.get(kind, {})))
    except Malformed:
        return _OTHER


def media_of(kind: str, body: dict[str, object]) -> tuple[Media, ...]:
    """The file an item carries, by its media id."""
    if kind not in _MEDIA:
        return ()
    return (Media(_MEDIA[kind], identifier(body.get("media_id")), text_of(body, "filename")),)


def location_of(body: dict[str, object]) -> Location:
    """The point somebody sent, with the name they saw."""
    label = text_of(body, "name") or text_of(body, "address")
    return Location(degrees(body.get("latitude")), degrees(body.get("longitude")), label)
