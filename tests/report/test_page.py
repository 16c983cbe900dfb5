from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import call, call_tools, say, simulated
from simulator.backend.brain import Output, View
from simulator.backend.journal import Asked, Entry, Exchange, Handled, Journal, StatusChange, Struck
from simulator.report import page, page_data
from simulator.report.page import page_of, write_page
from simulator.report.page_data import data_of, time_text
from simulator.report.rows import Kind, Trouble, point_of_failure, rows_of
from simulator.report.scrubbed_journal import scrubbed_entries
from simulator.report.timeline import render

START = 1_774_915_200.0
DAY = 86_400.0
RUN = {"object": "thread.run", "id": "run_1", "required_action": None, "last_error": None, "incomplete_details": None}
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>]]>--><!--&lt;\u2028'\"`${1}"
KEY = "sk-proj-abcdefghijklmnopqrstuvwx1234567890"


def exchange(at=0.0, operation="runs.create", *, answer=None, status=200, body=None, **fields):
    given = {
        "method": "POST",
        "path": "/v1/threads/thread_1/runs",
        "query": "",
        "headers": {},
        "answered_at": START + at,
        "body": b"" if body is None else json.dumps(body).encode(),
        "response": b"" if answer is None else json.dumps(answer).encode(),
    }
    return Exchange(at=START + at, operation=operation, status=status, **(given | fields))


def poll(at, status="in_progress"):
    return exchange(at, "runs.retrieve", method="GET", answer={**RUN, "status": status})


def change(at, before, after):
    return StatusChange(START + at, "thread.run", "run_1", "run_1", "thread_1", before, after, "event")


def asked(at=0.0, turn=None, **view):
    return Asked(
        START + at,
        "run_1",
        "thread_1",
        View(**{"user": "Hi", "messages": (("user", "Hi"),), **view}),
        turn or say("Hi."),
    )


class Page(HTMLParser):
    """The elements of a page: how many of each, and the text of some."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.handlers = {}, {}, []
        self._inside = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.setdefault(tag, []).append(attributes)
        self.handlers += [name for name in attributes if name.startswith("on")]
        if tag not in {"meta", "input", "link"}:
            self._inside.append(attributes.get("id") or tag)

    def handle_endtag(self, tag):
        self._inside.pop()

    def handle_data(self, data):
        for name in self._inside:
            self.texts[name] = self.texts.get(name, "") + data

    @property
    def data(self):
        return json.loads(self.texts["data"])

    @property
    def policy(self):
        return next(one["content"] for one in self.tags["meta"] if one.get("http-equiv") == "Content-Security-Policy")


def page_with(*entries, title="A page", findings=()):
    return Page(page_of(entries, title=title, findings=findings))


def details_of(row):
    return {part["name"]: part["text"] for part in row["details"]}


# What it shows.


def hostile_journal(text):
    """Every place of a journal that somebody's text can get into."""
    message = {"object": "thread.message", "role": "user", "content": [{"type": "text", "text": {"value": text}}]}
    return [
        exchange(0, "messages.create", body={"content": text}, answer=message),
        exchange(1, "messages.create", status=400, answer={"error": {"message": text}}, unexpected=text),
        exchange(
            2,
            None,
            path=f"/v1/{text}",
            query=text,
            headers={"idempotency-key": text},
            response=text.encode("utf-8", "replace"),
        ),
        exchange(3, frames=[b"event: x\ndata: ", text.encode("utf-8", "replace"), b"\n\n"]),
        asked(4, call_tools(call("now", place=text)), user=text, messages=(("user", text),), instructions=text),
        Handled(START + 5, text, {"text": text}, text),
        Handled(START + 6, "f", {}, error=ValueError(text)),
        StatusChange(START + 7, text, text, "run_1", text, None, text, text),
        Struck(START + 8, text, text),
    ]


def test_the_rows_of_the_page_are_those_of_the_timeline():
    journal = hostile_journal("plain")
    shown = page_with(*journal).data
    assert shown == json.loads(json.dumps(data_of(scrubbed_entries(journal), title="A page")))
    lines = render(journal).splitlines()[1:]
    assert [f"{row['at']:9.3f}" for row in shown["rows"]] == [line[:9] for line in lines if line[:9].strip()]


def test_nothing_that_somebody_wrote_becomes_html():
    journal = hostile_journal(HOSTILE)
    shown, plain = (
        page_with(*given, title=text, findings=[f"{text}\n{text}"])
        for given, text in ((journal, HOSTILE), (hostile_journal("x"), "x"))
    )
    assert {tag: len(found) for tag, found in shown.tags.items()} == {
        tag: len(found) for tag, found in plain.tags.items()
    }
    assert shown.handlers == []
    assert shown.texts["title"] == shown.texts["h1"] == HOSTILE
    assert details_of(shown.data["rows"][1])["unexpected"] == HOSTILE


@given(st.text(max_size=200))
def test_every_text_comes_through_as_it_is(text):
    shown = page_with(asked(instructions=text), title="x").data
    wanted = scrubbed_entries([asked(instructions=text)])[0].view.instructions
    assert json.loads(details_of(shown["rows"][0])["was shown"])["instructions"] == wanted


def test_half_a_character_can_be_written(tmp_path):
    path = write_page(tmp_path / "x.html", [asked(user="a\ud83d")], title="\ud83d", findings=["\ud83d"])
    assert json.loads(Page(path.read_text(encoding="utf-8")).texts["data"])["rows"]


def test_each_lane_says_its_part():
    submit = exchange(
        2,
        "runs.submit_tool_outputs",
        body={"tool_outputs": [{"tool_call_id": "call_1", "output": "18"}]},
        answer={**RUN, "status": "queued"},
    )
    turn = call_tools(call("get_weather", city="Paris"), call("now"))
    journal = [
        asked(0, turn),
        Handled(START + 1, "get_weather", {"city": "Paris"}, 18),
        submit,
        change(3, "queued", "in_progress"),
    ]
    assert [row["cells"] for row in page_with(*journal).data["rows"]] == [
        {"run": ['the model: "Hi" → 2 calls'], "tools": ['get_weather({"city": "Paris"})', "now({})"]},
        {"tools": ["get_weather(city='Paris')", "returned 18"]},
        {"app": ["runs.submit_tool_outputs"], "API": ["run_1 queued"], "tools": ["call_1 → 18"]},
        {"run": ["run_1 queued → in_progress"]},
    ]


def test_a_submit_shows_each_call_with_its_output_in_full():
    arguments, output = json.dumps({"city": "P" * 100}), json.dumps({"text": "18\n" * 100})
    asks = {"id": "call_1", "function": {"name": "get_weather", "arguments": arguments}}
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [asks]}}
    polled = exchange(0, "runs.retrieve", answer={**RUN, "status": "requires_action", "required_action": action})
    body = {"tool_outputs": [{"tool_call_id": "call_1", "output": output}, {"tool_call_id": "call_2"}]}
    submit = exchange(1, "runs.submit_tool_outputs", body=body, answer={**RUN, "status": "queued"})
    row = page_with(polled, submit).data["rows"][1]
    assert row["cells"]["tools"] == [f"get_weather({arguments}) → {output}", "call_2 → "]
    assert json.loads(details_of(row)["calls"]) == [
        {"name": "get_weather", "arguments": arguments, "output": output},
        {"name": "call_2", "arguments": None, "output": ""},
    ]


def test_equal_polls_are_one_row_that_names_each():
    (row,) = page_with(poll(0), poll(0.5), poll(1)).data["rows"]
    assert (row["id"], row["more"], row["cells"]["app"]) == (0, [1, 2], ["runs.retrieve ×3"])
    assert details_of(row)["the same again, at"] == "00:00:00.500\n00:00:01.000"


def test_what_the_model_was_shown_is_there():
    functions = {"now": {"type": "object"}}
    view = {
        "instructions": "Be brief.",
        "model": "gpt-4o",
        "functions": functions,
        "outputs": (Output("now", "{}", "noon"),),
        "files": ("file-1",),
    }
    (row,) = page_with(asked(**view)).data["rows"]
    assert json.loads(details_of(row)["was shown"]) == {
        "model": "gpt-4o",
        "instructions": "Be brief.",
        "messages": [{"role": "user", "text": "Hi"}],
        "outputs": [{"name": "now", "arguments": "{}", "output": "noon"}],
        "functions": functions,
        "settings": {},
        "files": ["file-1"],
    }


def test_bodies_are_shown_as_they_crossed_the_wire():
    given = exchange(
        body={"b": 1, "a": [1.0]},
        response=b'{"x": 12345678901234567890,"n":NaN}',
        headers={"openai-beta": "assistants=v2"},
    )
    shown = details_of(page_with(given).data["rows"][0])
    assert shown["body"] == '{"b": 1, "a": [1.0]}'
    assert shown["answer"] == '{"x": 12345678901234567890,"n":NaN}'
    assert shown["headers"] == "openai-beta: assistants=v2"
    assert shown["request"] == "POST /v1/threads/thread_1/runs"


def test_a_stream_is_shown_frame_by_frame():
    frames = [b"event: a\ndata: {}\n\n", b"event: done\ndata: [DONE]\n\n"]
    assert details_of(page_with(exchange(frames=frames)).data["rows"][0])["stream"] == b"".join(frames).decode()


class Weather:
    def __repr__(self):
        return f"<Weather at {hex(id(self))} with {KEY}>"


def test_objects_of_the_program_are_told_the_same_at_each_run():
    loop: list = []
    loop.append(loop)
    first, second = (page_of([Handled(START, "f", {"of": Weather()}, Weather())], title="x") for _ in range(2))
    assert first == second
    shown = details_of(Page(first).data["rows"][0])
    assert shown == {
        "arguments": '{"of": "<Weather with scrubbed-openai-key>"}',
        "returned": '"<Weather with scrubbed-openai-key>"',
    }


def test_every_kind_of_row_has_its_lanes_and_every_entry_its_details():
    assert set(page_data._CELLS) == set(Kind)
    assert set(page_data._DETAILS) == set(get_args(Entry))


@pytest.mark.parametrize(
    "journal,says", [(Journal(), "Nothing has happened"), (Journal(enabled=False), "The journal is switched off.")]
)
def test_an_empty_journal_says_why(journal, says):
    shown = Page(page_of(journal, title="Nothing"))
    assert shown.texts["noscript"].startswith(says)
    assert shown.data["rows"] == []
    assert "nothing happened" in shown.texts["p"]


def test_without_scripts_the_page_is_the_timeline():
    journal = hostile_journal("<b>")
    assert page_with(*journal).texts["noscript"] == render(journal).partition("\n")[2]


# Time.


def test_days_between_two_entries_are_said_and_not_drawn():
    shown = page_with(poll(0), change(29.9, None, "queued"), change(2 * DAY + 7200, "queued", "expired")).data["rows"]
    assert [row["pause"] for row in shown] == [None, None, "2 days 1 h"]
    assert shown[2]["at"] == 2 * DAY + 7200
    assert shown[2]["when"] == "2026-04-02 02:00:00.000 UTC"


@pytest.mark.parametrize(
    "seconds,text",
    [
        (0, "0 s"),
        (0.25, "0.25 s"),
        (59.5, "59.5 s"),
        (60, "1 min"),
        (61.4, "1 min 1 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (7320, "2 h 2 min"),
        (DAY, "1 day"),
        (3 * DAY + 3600, "3 days 1 h"),
    ],
)
def test_a_length_of_time_is_told_in_two_units(seconds, text):
    assert time_text(seconds) == text


# Trouble, and the point of failure.


def refused(at, **fields):
    return exchange(at, status=400, answer={"error": {"message": "No."}}, **fields)


@pytest.mark.parametrize(
    "entries,trouble",
    [
        ([exchange()], None),
        ([refused(0)], Trouble.REFUSED),
        ([refused(0, unexpected="why")], Trouble.UNEXPECTED),
        ([exchange(status=0)], Trouble.NO_ANSWER),
        ([refused(0), Struck(START, "runs.create", "http_error(400)")], Trouble.FAULT),
        ([change(0, "in_progress", "failed")], Trouble.ENDED_BADLY),
        ([change(0, "cancelling", "cancelled")], None),
        ([StatusChange(START, "thread.run.step", "step_1", "run_1", "thread_1", "in_progress", "failed", "e")], None),
        ([Handled(START, "f", {}, error=KeyError("x"))], Trouble.RAISED),
        ([Handled(START, "f", {}, "x")], None),
        ([Struck(START, "runs.create", "delay(1)")], Trouble.FAULT),
    ],
)
def test_what_went_wrong_is_marked(entries, trouble):
    assert rows_of(entries)[0].trouble is trouble


def failure_of(*entries, failed=True):
    found = point_of_failure(rows_of(entries), failed=failed)
    return found and (found[0].at - START, found[1])


def test_the_point_of_failure_is_the_first_unexpected_request():
    entries = [refused(0), refused(1, unexpected="a"), refused(2, unexpected="b"), refused(3)]
    assert (
        failure_of(*entries)
        == failure_of(*entries, failed=False)
        == (1, "the first request that nothing was prepared for")
    )


def test_else_it_is_the_last_thing_that_went_wrong():
    assert failure_of(refused(0), change(1, "in_progress", "failed"), poll(2)) == (1, "the last thing that went wrong")


def test_else_it_is_the_end():
    assert failure_of(poll(0), change(1, None, "queued")) == (
        1,
        "the last thing that happened; nothing before it went wrong",
    )


def test_where_nothing_failed_there_is_none():
    assert failure_of(refused(0), failed=False) is None
    assert failure_of() is None
    assert page_with(refused(0)).data["failure"] is None
    assert "verdict" not in page_with(refused(0)).texts


def test_a_failed_page_says_so_and_links_to_the_point():
    shown = page_with(poll(0), poll(1), refused(2), findings=["AssertionError: 1 == 2\nassert 1 == 2"])
    assert shown.data["failure"] == {"row": 2, "why": "the last thing that went wrong"}
    assert shown.data["findings"] == ["AssertionError: 1 == 2\nassert 1 == 2"]
    assert shown.texts["verdict"] == "Failed"
    assert {"href": "#e2"} in shown.tags["a"]


def test_findings_of_a_journal_without_entries_are_shown_too():
    shown = Page(page_of(Journal(), title="x", findings=["Never used: say('Hi')"]))
    assert "Never used: say('Hi')" in shown.texts["pre"]


# Secrets.


@pytest.mark.parametrize("secret", [KEY, "someone.real@company.io", f"Bearer {KEY}"])
def test_no_secret_reaches_the_page(secret):
    text = page_of(hostile_journal(secret), title=secret, findings=[secret])
    assert secret.rpartition(" ")[2] not in text
    assert "scrubbed-openai-key" in text or "someone@example.com" in text


@pytest.mark.parametrize("place", range(30, 62))
def test_a_secret_that_a_cut_goes_through_leaves_no_piece(place):
    text = "." * place + KEY
    message = {"object": "thread.message", "role": "user", "content": [{"type": "text", "text": {"value": text}}]}
    shown = page_of(
        [exchange(answer=message), asked(0, say(text), user=text), Handled(START, "f", {"x": text})], title="x"
    )
    assert "sk-p" not in shown


def test_what_is_secret_by_its_name_is_scrubbed():
    handled = Handled(START, "log_in", {"password": "abcdefgh"}, {"user": {"access_token": "abcdefgh"}})
    assert "abcdefgh" not in page_of([exchange(body={"api_key": "abcdefgh"}), handled], title="x")


@simulated(strict=False)
def test_the_key_of_a_client_is_in_no_page(simulator):
    client = simulator.client(api_key=KEY)
    client.beta.assistants.create(model="gpt-4o", extra_headers={"authorization": f"Bearer {KEY}"})
    assert KEY[:12] not in page_of(simulator.journal, title="x")


# The file.


def test_the_page_loads_nothing_and_lets_nothing_in():
    shown = page_with(exchange())
    assert (
        re.findall(
            r"https?://(?!www\.w3\.org/2000/svg)|@import|\burl\(|\bfetch\(|XMLHttp|import\(|innerHTML|eval\(",
            page.file_of("page.css") + page.file_of("page.js"),
        )
        == []
    )
    assert not any(
        "src" in one or "href" in one for tag in ("script", "link", "img") for one in shown.tags.get(tag, ())
    )
    for kind in ("script", "style"):
        digest = base64.b64encode(hashlib.sha256(shown.texts[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in shown.policy
    assert shown.policy.startswith("default-src 'none';")


NOW = [{"type": "function", "function": {"name": "now"}}]


def conversation(simulator):
    simulator.script(call_tools(call("now")), say("Noon."))
    client = simulator.client()
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.", tools=NOW)
    run = client.beta.threads.create_and_run(assistant_id=assistant.id)
    simulator.clock.advance(5)
    client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    return simulator.journal


def test_the_same_journal_gives_the_same_bytes(tmp_path):
    paths = []
    for name in ("a", "b"):

        @simulated(strict=False)
        def play(simulator, name=name):
            paths.append(write_page(tmp_path / f"{name}.html", conversation(simulator), title="x"))

        play()
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_the_folders_of_the_file_are_made(tmp_path):
    path = write_page(tmp_path / "a" / "b" / "x.html", [exchange()], title="x")
    assert path == tmp_path / "a" / "b" / "x.html"
    assert path.read_text(encoding="utf-8") == page_of([exchange()], title="x")


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "x.html"
    path.write_text("old")

    def full(self, *args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="No space"):
        write_page(path, [exchange()], title="x")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["x.html"]


def test_every_trouble_is_known_to_the_style():
    script = page.file_of("page.js")
    bad = set(json.loads(re.search(r"BAD = new Set\((\[.*?\])\)", script)[1]))
    assert bad < set(map(str, Trouble))
    assert set(re.findall(r"(\w+): \"", re.search(r"const KINDS = \{(.*?)\}", script, re.DOTALL)[1])) == set(
        map(str, Kind)
    )


# Colours.


def luminance(colour):
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


PALETTE = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", page.file_of("page.css"))
GROUNDS = {
    "paper": ("ink", "soft", "accent", "good", "bad", "warn", "lane-app", "lane-API", "lane-run", "lane-tools"),
    "raised": ("ink", "soft", "accent", "good", "bad", "warn", "lane-app", "lane-API", "lane-run", "lane-tools"),
    "sunk": ("ink", "soft", "accent", "good", "bad", "warn"),
    "bad-wash": ("ink", "soft", "accent", "bad", "good", "warn"),
    "warn-wash": ("ink", "soft", "warn", "good", "bad"),
}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(theme):
    colours = {name: both[theme] for name, *both in PALETTE}
    found = {(on, name): contrast(colours[name], colours[on]) for on, names in GROUNDS.items() for name in names}
    assert {pair: round(ratio, 2) for pair, ratio in found.items() if ratio < 4.5} == {}  # AA of WCAG 2


def test_the_measure_of_contrast_is_that_of_the_standard():
    assert contrast("#ffffff", "#000000") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
