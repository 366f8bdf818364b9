"""The whole service under fire: its processes are killed, and then everything is counted."""
