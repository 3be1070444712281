"""The layers of the built-in vocabulary: one file each, named as the layer is in the language."""
