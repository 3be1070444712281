"""Maxout for archc: `layer.py` is what the compiler reads, `support.py` the PyTorch module."""
