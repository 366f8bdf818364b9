"""`python -m bot` is `xiaolaba`."""

from bot.cli import main

main()
