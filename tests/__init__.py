"""Tests: dialogues, parts, pure functions and the browser."""
