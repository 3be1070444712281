"""What methods predict scores with: the features of programs, and models over them.

No method stands here, so the registry does not look here.
"""
