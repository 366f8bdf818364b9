"""The fixtures that every test may ask for by name."""

from tests.databases import (
    database,
    postgres_server,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_terminal_summary,
)

__all__ = [
    "database",
    "postgres_server",
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_terminal_summary",
]
