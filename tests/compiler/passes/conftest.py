"""Helpers stand beside the tests: pass_runs.py and pass_programs.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
