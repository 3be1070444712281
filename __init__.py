"""archc: a language for neural-network architectures, and its compiler."""
