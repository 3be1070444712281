"""The helpers beside this file are shared by its tests and by no one else."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
