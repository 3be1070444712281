"""Who evaluates trials: this process, or worker processes of this machine."""
