"""From a syntax tree to a checked, typed graph, and from the graph to models."""
