"""An open question knows whether 好的 answers it; a text may come with photos."""

import sqlalchemy as sa
from alembic import op

from bot.storage.tables import Json, UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column("dialogue", sa.Column("assent_since", UtcTime(timezone=True), nullable=True))
    op.add_column("outbox", sa.Column("photos", Json(), server_default="[]", nullable=False))
    op.create_index(op.f("ix_issue_photo_media"), "issue_photo", ["media"], unique=False)


def downgrade() -> None:
    """Go back: restore a backup instead."""
    raise NotImplementedError
