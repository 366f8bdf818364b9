"""Load: raw connections that send requests made beforehand and count the answers.

Closed loop (`saturate`): every connection has one request under way at any time. Open loop
(`at_rate`): requests leave at fixed times, whether or not earlier ones were answered.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle


class Connection(asyncio.Protocol):
    """One connection, one request at a time; `done` is called with each answer's status."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.answered: asyncio.Future[int] | None = None
        self._stream: Stream | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to write."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def follow(self, stream: "Stream") -> None:
        """Send the stream's requests, each after the answer to the one before."""
        self._stream = stream
        self._next()

    def data_received(self, data: bytes) -> None:
        """Count an answer when it is whole."""
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0 or len(self._received) < head + 4 + _length(self._received[:head]):
            return
        status = int(self._received[9:12])
        self._received = b""
        assert self._stream is not None
        self._stream.statuses[status] += 1
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        """An end that nobody asked for shows as a status of 0."""
        if self._stream and not self._stream.finished.done():
            self._stream.statuses[0] += 1
            self._stream.finished.set_result(None)

    def _next(self) -> None:
        assert self._stream is not None
        assert self.transport is not None
        request = next(self._stream.requests, None)
        if request is not None:
            self.transport.write(request)
        else:
            self._stream.end()


class Stream:
    """Requests that several connections share."""

    def __init__(self, requests: Iterator[bytes], connections: int) -> None:
        self.requests = requests
        self.statuses: Counter[int] = Counter()
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._open = connections

    def end(self) -> None:
        """A connection has nothing more to send."""
        self._open -= 1
        if self._open == 0 and not self.finished.done():
            self.finished.set_result(None)


def _length(head: bytes) -> int:
    """Bytes of the body that the head announces."""
    at = head.find(b"Content-Length: ")
    return int(head[at + 16 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def connected(port: int, count: int) -> list[Connection]:
    """Open connections."""
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(Connection, "127.0.0.1", port) for _ in range(count)]
    return [protocol for _, protocol in made]


async def saturate(port: int, requests: Sequence[bytes], connections: int = 64) -> float:
    """Send all requests as fast as they are answered; the seconds it took.

    Raises:
        RuntimeError: one was not answered with success.
    """
    made = await connected(port, connections)
    begun = time.perf_counter()
    stream = Stream(iter(requests), connections)
    for connection in made:
        connection.follow(stream)
    await stream.finished
    seconds = time.perf_counter() - begun
    _close(made)
    if stream.statuses.keys() - {200, 204}:
        raise RuntimeError(f"statuses {dict(stream.statuses)}")
    return seconds


async def at_rate(
    port: int, requests: Sequence[bytes], per_second: float, connections: int = 32
) -> list[float]:
    """Send the requests at fixed times; `time.perf_counter()` at which each was due."""
    made = await connected(port, connections)
    begun = time.perf_counter() + 0.05
    due = [begun + number / per_second for number in range(len(requests))]
    answered = []
    for connection, request, moment in zip(cycle(made), requests, due, strict=False):
        if (pause := moment - time.perf_counter()) > 0:
            await asyncio.sleep(pause)
        stream = Stream(iter([request]), 1)
        connection.follow(stream)
        answered.append(stream.finished)
    await asyncio.gather(*answered)
    _close(made)
    return due


def _close(connections: Sequence[Connection]) -> None:
    for connection in connections:
        assert connection.transport is not None
        connection.transport.abort()
