"""The fixtures that every test may ask for by name."""

from tests.databases import (
    database,
    postgres_server,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_terminal_summary,
)
from tests.service import postgres_seed, seeded, service, sqlite_seed, store

__all__ = [
    "database",
    "postgres_seed",
    "postgres_server",
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_terminal_summary",
    "seeded",
    "service",
    "sqlite_seed",
    "store",
]
