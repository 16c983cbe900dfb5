"""The time of a program whose requests are replayed: it waits for nothing, and its dates are those of the recording."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import openai
import pytest

from simulator.backend.state import START
from simulator.errors import UsageError
from simulator.recording import replay_session
from simulator.recording.cassette import Cassette, Head
from simulator.recording.using import settings_of


def replaying(recorded_at=None, **settings):
    cassette = Cassette(interactions=[], head=Head(recorded_at=recorded_at))
    return replay_session.replaying(Path("session.yaml"), cassette, settings_of(**settings))


def test_a_sleep_moves_the_clock_of_the_session_and_takes_no_time():
    with replaying() as session:
        before = session.clock.now()
        time.sleep(100_000)
        assert session.clock.now() - before == 100_000


@pytest.mark.parametrize("recorded_at", ["2024-04-29T10:00:00Z", "2024-04-29T12:00:00+02:00", "2024-04-29T10:00:00"])
def test_the_date_is_that_of_the_recording(recorded_at):
    with replaying(recorded_at):
        now = datetime.now(UTC)
    assert (now.date().isoformat(), now.hour, now.minute) == ("2024-04-29", 10, 0)


@pytest.mark.parametrize("recorded_at", [None, "last spring"])
def test_a_recording_without_a_date_begins_where_a_simulator_does(recorded_at):
    with replaying(recorded_at) as session:
        assert session.clock.now() == START


def test_each_request_takes_a_little_so_that_a_loop_without_sleeps_meets_its_deadline():
    with replaying() as session:
        client = openai.OpenAI(max_retries=0)
        deadline, asked = time.monotonic() + 10, 0
        while time.monotonic() < deadline:
            with pytest.raises(openai.APIStatusError):
                client.beta.assistants.retrieve("asst_1")
            asked += 1
    assert asked <= 10 / replay_session.SECONDS_OF_A_REQUEST
    assert session.findings()


def test_the_time_may_stay_real():
    with replaying("2024-04-29T10:00:00Z", time="real"):
        assert datetime.now(UTC).year >= 2026


def test_another_time_is_refused():
    with pytest.raises(UsageError, match="time= is one of virtual, threads, real, not 'fast'"):
        settings_of(time="fast")
