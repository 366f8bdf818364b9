"""Memory: expiring keys that all workers share, and how far each account was pulled."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.database import Database
from bot.storage.tables import BACKED_UP, Base, UtcTime
from bot.storage.transaction import Transaction


class MemoryRow(Base):
    """One key."""

    __tablename__ = "memory"
    # Access tokens: whoever finds a backup must not speak for the committee with them.
    __table_args__ = ({"info": {BACKED_UP: False}},)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)


class SharedMemory:
    """`bot.model.Memory` on the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def recall(self, key: str) -> str | None:
        """The value, or None when it was never kept or has expired."""
        statement = select(MemoryRow.value).where(
            MemoryRow.key == key, MemoryRow.expires_at > datetime.now(UTC)
        )
        async with self._database.read() as tx:
            return (await tx.select(statement)).scalar_one_or_none()

    async def keep(self, key: str, value: str, lifetime: timedelta) -> None:
        """Remember the value for at most that long; a newer one replaces it."""

        async def unit(tx: Transaction) -> None:
            await tx.execute(
                tx.insert(MemoryRow)
                .values(key=key, value=value, expires_at=tx.now + lifetime)
                .on_conflict_do_update(
                    index_elements=["key"],
                    set_={"value": value, "expires_at": tx.now + lifetime},
                )
            )

        await self._database.write(unit)

    async def forget(self, key: str) -> None:
        """Drop the key, if it is there."""

        async def unit(tx: Transaction) -> None:
            await tx.execute(delete(MemoryRow).where(MemoryRow.key == key))

        await self._database.write(unit)


async def forget_expired(tx: Transaction) -> int:
    """Drop what has expired; how many keys."""
    result = await tx.execute(delete(MemoryRow).where(MemoryRow.expires_at < tx.now))
    return result.rowcount
