from simulator.backend.journal import Exchange, Journal, Struck, kept_headers
from simulator.backend.turns import say


def exchange(**given):
    fields = {"at": 1.0, "operation": None, "method": "GET", "path": "/", "query": "", "headers": {}, "body": b""}
    return Exchange(**{**fields, **given})


def test_entries_are_kept_in_order():
    journal = Journal()
    entries = [exchange(), Struck(1.0, "runs.create", "http_error(429)"), exchange(status=200)]
    for entry in entries:
        journal.add(entry)
    assert list(journal) == entries
    assert len(journal) == 3
    assert journal[1] is entries[1]
    assert journal[1:] == entries[1:]
    assert journal.exchanges == [entries[0], entries[2]]
    assert entries[2] in journal
    journal.clear()
    assert list(journal) == []


def test_a_journal_that_is_off_keeps_nothing():
    journal = Journal(enabled=False)
    journal.add(exchange())
    assert len(journal) == 0


def test_bodies_are_read_where_they_are_json():
    told = exchange(body=b'{"a": 1}', response=b"[2]")
    assert (told.json, told.response_json) == ({"a": 1}, [2])
    assert (exchange().json, exchange().response_json) == (None, None)
    assert exchange(body=b"\xff\xfe").json is None


def test_no_key_is_kept():
    headers = {"authorization": "Bearer sk-1", "api-key": "sk-1", "openai-beta": "assistants=v2", "x-other": "1"}
    assert kept_headers(headers) == {"openai-beta": "assistants=v2"}


def test_a_run_is_told_by_its_turns_and_its_statuses(lab):
    run = lab.until(lab.run(say("Hello.")))
    assert [view.run["id"] for view in lab.journal.views] == [run["id"]]
    assert lab.changes(run) == [("pick_up", "in_progress"), ("complete", "completed")]
    steps = [entry for entry in lab.journal if getattr(entry, "object", None) == "thread.run.step"]
    assert [(step.before, step.after, step.event) for step in steps] == [
        (None, "in_progress", "create"),
        ("in_progress", "completed", "complete"),
    ]
    assert {step.thread_id for step in steps} == {run["thread_id"]}


def test_what_happened_while_nobody_looked_is_told_at_its_own_time(lab):
    run = lab.run(say("one", more=True, takes=5), say("two", takes=5))
    lab.wait(300)
    times = [entry.at for entry in lab.journal]
    assert times == sorted(times)
    assert times[-1] < run["created_at"] + 20
