"""Tables of trainings: every program of a space trained once for all, to compare methods on.

`making.py` makes one, `table.py` is what is kept, `evaluator.py` lets a study run against it,
`comparing.py` compares methods.
"""
