"""The door: so many connections at once, in all and from one address; beyond that a polite no.

The web server takes as many as the system has file descriptors, and then none, the database's
included.
"""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bot.settings import Network

LOOPBACK: tuple[Network, ...] = (
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("::1/128"),
)
"""Tunnels and proxies of this computer: everybody comes from there."""

HEAR_OUT = timedelta(seconds=5)
"""So long a refused caller may take to ask: only then does the answer reach it."""

REFUSALS = 100
"""At most so many are refused with words at once; others are cut off."""

WORDS = "现在人太多，请过一会儿再来。"

_PAGE = (
    '<!DOCTYPE html><html lang="zh-CN"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>小喇叭</title>'
    f"<h1>{WORDS}</h1></html>"
).encode()

FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Content-Length: %d\r\nRetry-After: 10\r\nCache-Control: no-store\r\n"
    b"Connection: close\r\n\r\n" % len(_PAGE)
) + _PAGE


class Door:
    """Makes the protocol of each new connection; `server` serves those that are let in."""

    def __init__(
        self,
        server: Callable[[], asyncio.Protocol],
        most: int,
        most_of_one: int,
        uncounted: tuple[Network, ...],
    ) -> None:
        """`uncounted` are addresses behind which many people are: only the total holds there."""
        self.server = server
        self._most = most
        self._most_of_one = most_of_one
        self._uncounted = uncounted
        self._inside: Counter[str] = Counter()
        self._open = 0
        self._refused = 0

    def __call__(self) -> asyncio.Protocol:
        """The protocol of a connection that is just being made."""
        return _Visit(self)

    def admit(self, address: str) -> bool:
        """Whether one more may come in; it is inside then."""
        if self._open >= self._most:
            return False
        if self._inside[address] >= self._most_of_one and not self._is_uncounted(address):
            return False
        self._open += 1
        self._inside[address] += 1
        return True

    def leave(self, address: str) -> None:
        """One who was inside is gone."""
        self._open -= 1
        self._inside[address] -= 1
        if not self._inside[address]:
            del self._inside[address]

    def refuse(self) -> bool:
        """Whether there is time for words."""
        self._refused += 1
        return self._refused <= REFUSALS

    def forget(self) -> None:
        """One who was refused is gone."""
        self._refused -= 1

    def _is_uncounted(self, address: str) -> bool:
        caller = ipaddress.ip_address(address)
        return any(caller in network for network in self._uncounted)


class _Visit(asyncio.Protocol):
    """One connection: everything goes to the web server, or the first words are answered no."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._address = ""
        self._inside = self._refused = False
        self._inner: asyncio.Protocol | None = None
        self._transport: Any = None
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in or not."""
        self._transport = transport
        peer = transport.get_extra_info("peername")
        if not peer:
            # Gone before it came in: it has no address any more.
            self._transport.abort()
            return
        self._address = peer[0]
        self._inside = self._door.admit(self._address)
        self._refused = not self._inside
        if self._inside:
            self._inner = self._door.server()
            self._inner.connection_made(transport)
        elif self._door.refuse():
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(HEAR_OUT.total_seconds(), self._transport.abort)
        else:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Its place is free."""
        if self._refused:
            self._door.forget()
        if self._inside:
            self._door.leave(self._address)
        if self._inner is not None:
            self._inner.connection_lost(exc)
        if self._patience is not None:
            self._patience.cancel()

    def data_received(self, data: bytes) -> None:
        """Something was said."""
        if self._inner is not None:
            self._inner.data_received(data)
        elif not self._transport.is_closing():
            self._transport.write(FULL)
            self._transport.close()

    def eof_received(self) -> bool | None:
        """Nothing more will be said."""
        return self._inner.eof_received() if self._inner is not None else None

    def pause_writing(self) -> None:
        """The caller reads too slowly."""
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """It has caught up."""
        if self._inner is not None:
            self._inner.resume_writing()
