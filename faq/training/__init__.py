"""Training: from the corpus to the models that ship. Needs the libraries of the extra `train`.

`make train` runs all of it. The corpus is in data/corpus; nothing else is learned from.
"""
