"""微信客服 as it looks from outside: residents who write, and the rules for writing back.

From https://developer.work.weixin.qq.com/document/path/94670 (sync_msg), …/94677 (send_msg: five
texts within 48 h, msgid unique in the account), …/95122 (send_msg_on_event).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aiohttp import web

from bot.model import Call
from tests.fakes import wecom
from tests.fakes.sample import Sample
from tests.fakes.wecom import FakeWecom, Signer, ok, refuse, xml

OPEN_KFID = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"


def sample() -> Sample:
    """An account for the contract test: the same envelope with an announcement in it."""

    def dressed(fields: Mapping[str, object]) -> Call:
        event = {"MsgType": "event", "Event": "kf_msg_or_event", "Token": "ENC", "CreateTime": 1}
        return Signer().call(xml(event | dict(fields)))

    account = wecom.sample()
    own = {key: value for key, value in account.settings.items() if key != "agent_id"}
    return replace(
        account,
        settings=own | {"open_kfid": OPEN_KFID},
        good=dressed({}),
        dressed=dressed,
        fields=("MsgType", "Event", "Token", "OpenKfId", "CreateTime"),
    )


@dataclass
class Resident:
    """What the service knows of one person."""

    wrote_at: datetime | None = None
    answers: int = 0
    with_staff: bool = False
    texts: list[str] = field(default_factory=list)


class FakeWecomKf(FakeWecom):
    """One corporation with one kf account."""

    def __init__(self) -> None:
        super().__init__(
            web.post("/cgi-bin/kf/sync_msg", self._give_page),
            web.post("/cgi-bin/kf/send_msg", self._take_text),
            web.post("/cgi-bin/kf/send_msg_on_event", self._take_greeting),
        )
        self.residents: dict[str, Resident] = {}
        self.items: list[dict[str, object]] = []
        self.page_size = 1000
        self.pages_without_token = 0
        self._keys: set[str] = set()
        self._codes: dict[str, tuple[str, datetime]] = {}
        self._pull_tokens: dict[str, datetime] = {}

    def settings(self) -> dict[str, str]:
        """What the bot has to be told."""
        return super().settings() | {"open_kfid": OPEN_KFID}

    def announce(self) -> Call:
        """The call that says "there is something"."""
        token = f"ENC{len(self._pull_tokens)}"
        self._pull_tokens[token] = self.now + timedelta(minutes=10)
        event = {
            "ToUserName": "ww5823bf96d3bd56c7",
            "CreateTime": int(self.now.timestamp()),
            "MsgType": "event",
            "Event": "kf_msg_or_event",
            "Token": token,
            "OpenKfId": OPEN_KFID,
        }
        return Signer(now=self.now).call(xml(event))

    def writes(self, who: str, kind: str = "text", **body: object) -> Call:
        """A resident's message of that kind."""
        resident = self.residents.setdefault(who, Resident())
        resident.wrote_at, resident.answers = self.now, 0
        person = {"open_kfid": OPEN_KFID, "external_userid": who, "origin": 3}
        self._log(person | {"msgtype": kind, kind: body})
        return self.announce()

    def enters(self, who: str, **params: str) -> str:
        """A resident opens the chat from a link; the welcome code, good for 20 s."""
        self.residents.setdefault(who, Resident())
        code = f"CODE{len(self._codes)}"
        self._codes[code] = (who, self.now + timedelta(seconds=20))
        event = {"event_type": "enter_session", "open_kfid": OPEN_KFID, "external_userid": who}
        self.happens(**event, welcome_code=code, **params)
        return code

    def happens(self, **event: object) -> None:
        """An event of the service's own."""
        self._log({"origin": 4, "msgtype": "event", "event": event})

    def _log(self, item: dict[str, object]) -> None:
        about = {"msgid": f"in-{len(self.items)}", "send_time": int(self.now.timestamp())}
        self.items.append(about | item)

    async def _give_page(self, request: web.Request) -> web.Response:
        question = await self.question(request)
        if question.get("open_kfid") != OPEN_KFID:
            refuse(95000, "invalid open_kfid")
        self._check_pull_token(str(question.get("token", "")))
        start = int(str(question.get("cursor") or "c0")[1:])
        end = min(len(self.items), start + min(self.page_size, int(str(question["limit"]))))
        more = int(end < len(self.items))
        return ok(next_cursor=f"c{end}", has_more=more, msg_list=self.items[start:end])

    def _check_pull_token(self, token: str) -> None:
        if not token:
            self.pages_without_token += 1
        elif self._pull_tokens.get(token, self.now) <= self.now:
            refuse(95007, "invalid msgtoken")

    async def _take_text(self, request: web.Request) -> web.Response:
        question = await self.question(request)
        if question.get("open_kfid") != OPEN_KFID:
            refuse(95000, "invalid open_kfid")
        text, who = self.text_in(question), str(question["touser"])
        if who not in self.residents:
            refuse(40096, "invalid external userid")
        resident = self.residents[who]
        self._check_window(resident)
        self._check_key(question)
        resident.answers += 1
        return self._took(question, resident, text)

    async def _take_greeting(self, request: web.Request) -> web.Response:
        question = await self.question(request)
        text = self.text_in(question)
        self._check_key(question)
        who, until = self._codes.get(str(question["code"]), ("", self.now))
        if until <= self.now:
            refuse(41032, "invalid code")
        del self._codes[str(question["code"])]
        return self._took(question, self.residents[who], text)

    def _check_key(self, question: dict[str, object]) -> None:
        key = str(question["msgid"])
        if not re.fullmatch(r"[0-9a-zA-Z_-]{1,32}", key):
            refuse(40058, "invalid Request Parameter")
        if key in self._keys:
            refuse(40058, "msgid exists")

    def _check_window(self, resident: Resident) -> None:
        if resident.with_staff:
            refuse(95018, "send msg session status invalid")
        if resident.wrote_at is None or resident.wrote_at + timedelta(hours=48) <= self.now:
            refuse(95002, "send msg time limit")
        if resident.answers >= 5:
            refuse(95001, "send msg count limit")

    def _took(self, question: dict[str, object], who: Resident, text: str) -> web.Response:
        self._keys.add(str(question["msgid"]))
        who.texts.append(text)
        self.arrivals.put_nowait((str(question.get("touser", "")), text))
        return ok(msgid=question["msgid"])
