"""A call of WeCom's, opened: who signed it, when, and what it says.

Replay: the signature covers a timestamp and a nonce, and no window is documented. Ours is ten
minutes. WeCom waits 5 s and calls three times in all, so a retry passes whether it carries a new
timestamp or the first one (which of them it does is not documented). A replay within the window
is swallowed further in: an inbox knows its message ids for 30 days.
https://developer.work.weixin.qq.com/document/path/90238 (read 2026-11)
"""

import re
from datetime import timedelta
from urllib.parse import unquote
from xml.etree.ElementTree import ParseError

from defusedxml.ElementTree import fromstring

from bot.errors import Malformed, Unauthorized
from bot.model import Call
from bot.platforms._inbound import check_form, check_fresh, json_object, moment
from bot.platforms._wecom_crypto import WecomCrypto

WINDOW = timedelta(minutes=10)
"""How far a call's timestamp may lie from our clock."""

_MAX_QUERY = 8192

_ENCRYPT = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[)?([A-Za-z0-9+/=]+)(?:\]\]>)?\s*</Encrypt>")
"""The one value of the outer XML that counts. It is signed as it stands, so it does not matter how
it is found, and no XML parser ever sees what a stranger sent."""


def open_call(crypto: WecomCrypto, call: Call) -> bytes:
    """What the call says, decrypted: the text to echo of a GET, the message of a POST.

    Raises:
        Unauthorized: unsigned, forged, stale, or for somebody else.
        Malformed: not in the documented form.
    """
    check_form(call, "GET", "POST")
    query = _parameters(call.query)
    try:
        signed = (query["msg_signature"], query["timestamp"], query["nonce"])
    except KeyError as error:
        raise Unauthorized("the call is not signed") from error
    plain = crypto.decrypt(*signed, _envelope(call, query))
    check_fresh(moment(signed[1]), call.received_at, WINDOW)
    return plain


def _parameters(query: str) -> dict[str, str]:
    """The query's values. A raw "+" stays: it is base64's, and form decoding would lose it."""
    if len(query) > _MAX_QUERY:
        raise Malformed("the query is too long")
    pairs = (part.partition("=") for part in query.split("&"))
    return {name: unquote(value) if "%" in value else value for name, _, value in pairs}


def _envelope(call: Call, query: dict[str, str]) -> str:
    if call.method == "GET":
        # A proxy may have decoded the plus already; base64 has no space.
        return query.get("echostr", "").replace(" ", "+")
    if call.body[:1] == b"{":
        value = json_object(call.body).get("encrypt")
        return value if isinstance(value, str) else ""
    found = _ENCRYPT.search(call.body)
    return found[1].decode() if found else ""


def read_xml(body: bytes) -> dict[str, str]:
    """The texts of the document's elements one level down, by name.

    Raises:
        Malformed: no XML, or XML with a document type or entities.
    """
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as error:
        raise Malformed("the body is not XML") from error
    return {child.tag: child.text or "" for child in root}
