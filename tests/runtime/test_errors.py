"""Faults of data, devices and checkpoints."""

import pickle

import pytest
from archc.runtime.errors import CheckpointError, DataError, DeviceError, RuntimeFault


@pytest.mark.parametrize("kind", [DataError, DeviceError, CheckpointError])
def test_message_help_and_setting_survive_a_process_boundary(kind: type[RuntimeFault]) -> None:
    error = kind("no such file", "name another", "path")
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert (back.message, back.help, back.setting) == ("no such file", "name another", "path")
    assert str(back) == "no such file\n  help: name another"
    assert str(kind("short")) == "short"
