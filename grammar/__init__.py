"""Text to syntax tree and back, and the diagnostics that both use."""
