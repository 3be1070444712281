"""Free growth: edits of complete programs, each of which gives a valid program or says why not.

`growth.py` is what is asked; `edit.py` is the contract of an edit, and the folder `edits` holds
them, one family in a file; `view.py` shows a program as lines of stages, `names.py` keeps weights'
names.
"""
