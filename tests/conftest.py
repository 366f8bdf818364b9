"""The fixtures that every test may ask for by name, and how hypothesis searches.

By hand it looks for new cases every time; in CI it tries the same ones, so that a run says
something of the change it is for.
"""

import os

from hypothesis import settings

from tests.accounts import fake_kf, fake_onebot, fake_wecom, http, kf, memory, onebot, wecom
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
    "fake_kf",
    "fake_onebot",
    "fake_wecom",
    "http",
    "kf",
    "memory",
    "onebot",
    "postgres_seed",
    "postgres_server",
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_terminal_summary",
    "seeded",
    "service",
    "sqlite_seed",
    "store",
    "wecom",
]

settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
