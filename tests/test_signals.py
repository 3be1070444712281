"""Signals: the first raises a flag, the second ends at once, and all is as it was afterwards."""

import os
import signal
import threading

import pytest
from archc.signals import KINDS, stopping


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_asks_and_the_second_ends(kind: signal.Signals) -> None:
    before = signal.getsignal(kind)
    begun: list[int] = []
    with pytest.raises(KeyboardInterrupt), stopping(begun.append) as stop:
        assert not stop.wanted
        os.kill(os.getpid(), kind)
        assert stop.wanted
        assert begun == [kind]
        os.kill(os.getpid(), kind)
    assert begun == [kind]
    assert signal.getsignal(kind) is before


def test_in_another_thread_nothing_is_installed() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work() -> None:
        with stopping() as stop:
            seen.append((stop.wanted, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, before)]
