"""One edit in one file; `registry.py` finds them by the names of their files."""
