"""The search methods, one file each; the folder is the registry."""
