"""Spaces: what can be decided in a program with open choices, and the programs that decisions make.

`process.py` is the decision process that the checker drives; `space.py` draws, counts and edits on
it; `concrete.py` writes a drawn program out as an ordinary one.
"""
