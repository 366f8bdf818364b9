"""Understanding: what a message wants. Pure: no I/O but the data files beside the code."""
