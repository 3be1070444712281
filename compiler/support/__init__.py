"""PyTorch modules and functions that layers need and PyTorch lacks: one file each, importing torch
alone.

The back end `torch` uses them as they are, the back end `python` copies their source into what it
writes.
"""
