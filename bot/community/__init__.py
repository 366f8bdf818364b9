"""The community: one room per noun, with its tables, its rules and its operations."""
