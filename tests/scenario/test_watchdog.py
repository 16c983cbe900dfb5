"""What the watchdog leaves behind."""

import signal
import threading

import pytest

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
