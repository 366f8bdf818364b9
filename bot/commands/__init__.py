"""What the commands do: `bot.cli` reads the words, these files carry them out."""
