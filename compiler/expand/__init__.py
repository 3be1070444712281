"""From syntax to a checked graph: names resolved, blocks inlined, repeats unrolled, every layer's
types proved.

`networks.py` is the entrance. `statements.py` runs bodies, `evaluate.py` gives expressions their
values, `stages.py` applies what stands after an arrow, `functions.py` blocks, networks and cells,
`combinators.py` what takes a body; `builder.py` collects the graph.
"""
