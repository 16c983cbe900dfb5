"""What the watchdog leaves behind."""

import signal
import threading

import pytest

from simulator.scenario import watchdog
from simulator.scenario.stage import Hung
from simulator.scenario.watchdog import watched

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no alarms on this system")


@pytest.fixture
def handler():
    def on_alarm(number, frame):
        raise AssertionError("nothing is to ring")

    before = signal.signal(signal.SIGALRM, on_alarm)
    yield on_alarm
    signal.signal(signal.SIGALRM, before)


def test_the_handler_of_before_is_there_again_and_no_alarm_is_left(handler):
    with watched(60):
        assert signal.getsignal(signal.SIGALRM) is not handler
    assert signal.getsignal(signal.SIGALRM) is handler
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_thread_beside_the_main_one_is_not_watched(handler):
    seen = []

    def look():
        with watched(60):
            seen.append(signal.getsignal(signal.SIGALRM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [handler]


def spin():
    while True:
        pass


def test_processor_time_ends_a_block_that_works():
    with (
        pytest.raises(Hung, match=r"nor sleeps: 0\.02 seconds of processor time are spent"),
        watched(0.02, waiting=600),
    ):
        spin()


def test_a_machine_that_gives_a_block_no_processor_time_ends_nothing(monkeypatch):
    asked = []
    monkeypatch.setattr(watchdog, "process_time", lambda: asked.append(0) or 0.0)
    with watched(0.01, waiting=600):
        while len(asked) < 4:  # the first is asked for at the beginning, the others by alarms, after its patience
            pass


def test_a_wait_that_takes_no_processor_time_ends_too(monkeypatch):
    monkeypatch.setattr(watchdog, "process_time", lambda: 0.0)
    lock = threading.Lock()
    with lock, pytest.raises(Hung, match=r"nor sleeps: 0\.03 real seconds have passed"), watched(0.01, waiting=0.03):
        lock.acquire()


def test_without_a_limit_of_waits_real_time_counts(monkeypatch):
    monkeypatch.setattr(watchdog, "process_time", lambda: 0.0)
    with pytest.raises(Hung, match=r"nor sleeps: 0\.01 real seconds have passed"), watched(0.01):
        spin()
