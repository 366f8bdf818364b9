"""Settings of the platforms, as the environment and xiaolaba.toml would give them."""


class Tables:
    """Accounts by platform and name."""

    def __init__(self, **platforms: dict[str, dict[str, str]]) -> None:
        self._platforms = platforms

    def accounts(self, platform: str) -> dict[str, dict[str, str]]:
        """The accounts of that platform."""
        return self._platforms.get(platform, {})
