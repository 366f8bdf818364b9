"""An open question knows whether 好的 answers it."""

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column("dialogue", sa.Column("assent_since", UtcTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Go back: restore a backup instead."""
    raise NotImplementedError
