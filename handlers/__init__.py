"""What the bot can do in a chat: one file per skill, found by folder."""
