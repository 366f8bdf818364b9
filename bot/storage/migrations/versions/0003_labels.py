"""A question knows which entry answers it, when somebody said so."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.add_column("question", sa.Column("label", sa.Text(), nullable=True))
    op.add_column(
        "question",
        sa.Column("confirmed", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index(
        "ix_question_label",
        "question",
        ["community_id", "label", "id"],
        unique=False,
        sqlite_where=sa.text("label IS NOT NULL"),
        postgresql_where=sa.text("label IS NOT NULL"),
    )


def downgrade() -> None:
    """Go back: restore a backup instead."""
    raise NotImplementedError
