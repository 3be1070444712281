"""The conformance suite's parameters and its report.

`layer_class` is each layer of the registry. What a test tells through `record_property("calls", …)`
is added up at the end: how many calls were drawn, accepted, and witnessed by ONNX Runtime.
"""

import sys
from pathlib import Path

import pytest

# The helpers beside this file are shared by its tests and by no one else.
sys.path.append(str(Path(__file__).parent))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "layer_class" in metafunc.fixturenames:
        from archc.compiler.registry import all_layers  # noqa: PLC0415 - only where it is needed

        layers = all_layers()
        metafunc.parametrize("layer_class", layers, ids=[layer.name for layer in layers])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts: dict[str, dict[str, int]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            properties = dict(getattr(report, "user_properties", ()))
            if "calls" in properties:
                counts[properties["layer"]] = properties["calls"]
    if not counts:
        return
    total = {
        key: sum(count[key] for count in counts.values()) for key in next(iter(counts.values()))
    }
    shares = sorted((count["accepted"] / count["drawn"], name) for name, count in counts.items())
    lowest = ", ".join(f"{name} {share:.0%}" for share, name in shares[:5])
    terminalreporter.write_line(
        f"conformance: {len(counts)} layers, {total['drawn']} calls drawn, "
        f"{total['accepted'] / total['drawn']:.0%} accepted (fewest: {lowest}); "
        f"{total['onnx']} ran in ONNX Runtime, {total['symbolic']} with symbolic axes"
    )
