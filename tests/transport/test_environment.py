"""The placeholder for OPENAI_API_KEY."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack

import openai
import pytest

from simulator.transport.environment import KEY, PLACEHOLDER_KEY, placeholder_key


def test_without_a_key_there_is_one_inside_and_none_afterwards():
    with placeholder_key():
        assert openai.OpenAI().api_key == PLACEHOLDER_KEY
    assert KEY not in os.environ


def test_a_key_that_is_set_stays(monkeypatch):
    monkeypatch.setenv(KEY, "sk-mine")
    with placeholder_key():
        assert os.environ[KEY] == "sk-mine"
    assert os.environ[KEY] == "sk-mine"


def test_an_empty_key_is_none_and_is_restored(monkeypatch):
    monkeypatch.setenv(KEY, "")
    with placeholder_key():
        assert os.environ[KEY] == PLACEHOLDER_KEY
    assert os.environ[KEY] == ""


def test_a_key_that_was_set_inside_stays(monkeypatch):
    with placeholder_key():
        monkeypatch.setenv(KEY, "sk-new")
    assert os.environ[KEY] == "sk-new"


def test_an_exception_restores_it_too():
    with pytest.raises(ZeroDivisionError), placeholder_key():
        raise ZeroDivisionError
    assert KEY not in os.environ


def test_overlapping_blocks_end_with_the_last_one():
    first, second = ExitStack(), ExitStack()
    first.enter_context(placeholder_key())
    second.enter_context(placeholder_key())
    first.close()
    assert os.environ[KEY] == PLACEHOLDER_KEY
    second.close()
    assert KEY not in os.environ


def test_a_second_block_sets_it_where_it_was_taken_away(monkeypatch):
    monkeypatch.setenv(KEY, "sk-mine")
    with placeholder_key():
        monkeypatch.delenv(KEY)
        with placeholder_key():
            assert os.environ[KEY] == PLACEHOLDER_KEY
    assert KEY not in os.environ


def test_a_block_that_a_finalizer_ends_while_another_begins(monkeypatch):
    """A collection may run at any allocation: here while the key is looked up."""
    left_over = ExitStack()
    left_over.enter_context(placeholder_key())
    monkeypatch.delenv(KEY)
    look_up, done = os.environ.get, threading.Event()

    def get(name):
        left_over.close()
        return look_up(name)

    def begin():
        with monkeypatch.context() as patched:
            patched.setattr(os.environ, "get", get)
            with placeholder_key():
                done.set()

    threading.Thread(target=begin, daemon=True).start()
    assert done.wait(10)
