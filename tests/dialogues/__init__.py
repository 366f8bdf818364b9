"""Dialogues: what people say to the bot, what it says back, through the doors they use."""
