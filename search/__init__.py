"""Search: studies that try the programs of a space and keep what came of each.

`method.py` is what proposes, `study.py` what decides which trial is next, `store.py` what is kept,
`executor.py` who evaluates. Nothing here knows how a network is trained.
"""
