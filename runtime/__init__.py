"""Training, evaluation and inference: data, devices, checkpoints."""
