"""${message}."""

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import Json, UtcTime

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Go back: restore a backup instead."""
    raise NotImplementedError
