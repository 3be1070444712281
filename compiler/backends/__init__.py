"""What a checked graph can be turned into: PyTorch modules, Python source, ONNX models."""
