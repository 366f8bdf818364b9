"""A memory for one process: the platforms' tests share nothing with other workers."""

from datetime import UTC, datetime, timedelta

from bot.errors import StorageError


class LocalMemory:
    """Keys that expire by a clock the test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
        self.out_of_reach = False
        self.kept: dict[str, tuple[str, datetime]] = {}

    async def recall(self, key: str) -> str | None:
        """The value, or None when it was never kept or has expired."""
        self._reach()
        value, until = self.kept.get(key, ("", self.now))
        return value if until > self.now else None

    async def keep(self, key: str, value: str, lifetime: timedelta) -> None:
        """Remember the value for that long."""
        self._reach()
        self.kept[key] = (value, self.now + lifetime)

    async def forget(self, key: str) -> None:
        """Drop the key."""
        self._reach()
        self.kept.pop(key, None)

    def _reach(self) -> None:
        """Fail as a memory in a database does when that is down."""
        if self.out_of_reach:
            raise StorageError("the database could not be read")
