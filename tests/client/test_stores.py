"""Where it is kept which thread is whose: it survives a restart, and is never taken for something else."""

from __future__ import annotations

import sqlite3
import threading

import openai
import pytest

from simulator import Simulator, say
from simulator.client import (
    AssistantConfig,
    ConversationHandler,
    MemoryStore,
    SQLiteStore,
    StoreError,
    StoreLocked,
    StoreVersionError,
    Usage,
    UserRecord,
)

ANNA = UserRecord(user_id="anna", thread_id="thread_1", created_at=1.5, used_at=2.5, usage=Usage(1, 2, 0, 0.25))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "threads.db"


@pytest.fixture(params=["memory", "file"])
def store(request, path):
    store = MemoryStore() if request.param == "memory" else SQLiteStore(path)
    yield store
    if request.param == "file":
        store.close()


def test_records_are_kept_replaced_and_forgotten(store):
    assert store.get("anna") is None
    store.put(ANNA)
    assert store.get("anna") == ANNA
    odd = UserRecord(user_id="Ünï'; DROP TABLE users; --\n🙂")
    store.put(odd)
    assert store.all() == sorted([ANNA, odd], key=lambda one: one.user_id)
    store.put(ANNA.without_thread())
    assert store.get("anna") == UserRecord(user_id="anna", used_at=2.5, usage=Usage(1, 2, 0, 0.25))
    store.delete("anna")
    store.delete("nobody")
    assert store.all() == [odd]


def test_who_claims_second_gets_what_the_first_has(store):
    other = UserRecord(user_id="anna", thread_id="thread_2")
    assert store.claim(ANNA) == ANNA
    assert store.claim(other) == ANNA
    store.put(ANNA.without_thread())
    assert store.claim(other) == other


def test_a_file_survives_the_process(path):
    first = SQLiteStore(path)
    first.put(ANNA)
    first.close()
    again = SQLiteStore(path)
    assert again.get("anna") == ANNA
    again.close()


def test_a_conversation_goes_on_after_a_restart(path):
    with Simulator().intercept() as sim:
        sim.script(say("Hello."), repeat=True)
        for _ in range(2):
            store = SQLiteStore(path)
            ConversationHandler(openai.OpenAI(), AssistantConfig(model="gpt-4o"), store=store).send("anna", "Hello?")
            store.close()
        made = [one.operation for one in sim.requests if one.operation in {"threads.create", "assistants.create"}]
    assert sorted(made) == ["assistants.create", "threads.create"]


def test_a_file_of_another_version_is_left_alone(path):
    SQLiteStore(path).close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 7")
    database.close()
    before = path.read_bytes()
    with pytest.raises(StoreVersionError, match="version 7 of the store, and this is version 1"):
        SQLiteStore(path)
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_left_alone(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE users (name TEXT)")
    database.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="a database of something else"):
        SQLiteStore(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"month,sales\n1,2\n" * 100, b"SQLite format 3\0" + b"x" * 200])
def test_a_file_that_is_no_database_is_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(StoreError):
        SQLiteStore(path)
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StoreError, match="cannot be used"):
        SQLiteStore(tmp_path / "nowhere" / "threads.db")


def test_a_file_that_another_holds_is_told_at_once(path):
    store = SQLiteStore(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreLocked, match="locked by another process"):
        store.put(ANNA)
    other.execute("ROLLBACK")
    store.put(ANNA)
    other.close()
    store.close()


def test_a_conversation_waits_for_it(path):
    with Simulator().intercept() as sim:
        sim.script(say("Hello."))
        store = SQLiteStore(path)
        tries = []

        def claim(record, claim=store.claim):
            tries.append(record)
            if len(tries) < 4:
                raise StoreLocked("held")
            return claim(record)

        store.claim = claim
        assert ConversationHandler(openai.OpenAI(), AssistantConfig(model="gpt-4o"), store=store).send("a", "?").text
        store.close()
    assert len(tries) == 4


def test_many_threads_use_one_store(path):
    store = SQLiteStore(path)

    def work(number):
        for turn in range(20):
            store.put(UserRecord(user_id=f"user {number}", used_at=float(turn)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one.used_at for one in store.all()] == [19.0] * 4
    store.close()
