"""Fake servers that speak the real protocols of the messaging services."""
