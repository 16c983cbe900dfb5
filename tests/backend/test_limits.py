"""What does not fit: messages left out, answers cut short. A token is four characters; a message costs 4 beside it."""

import pytest

from simulator import call, call_tools, hang, image, incomplete, raw_call, refusal, run_code, say, search_files

WEATHER = raw_call("f", "x" * 40)  # 1 + 10 + 8 tokens


def words(number):
    """A text of so many tokens."""
    return "".join(f"w{index:02} " for index in range(number))


def shown(lab, number=-1):
    return [text for _, text in lab.brain.views[number].messages]


def incomplete_by(run):
    return (run["status"], run["incomplete_details"])


MAX_PROMPT = ("incomplete", {"reason": "max_prompt_tokens"})
MAX_COMPLETION = ("incomplete", {"reason": "max_completion_tokens"})


# ── completion ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_text_is_cut_at_the_limit(lab):
    run = lab.until(lab.run(say(words(30)), max_completion_tokens=16, stream=True))
    assert incomplete_by(run) == MAX_COMPLETION
    # As recorded: the message has 15 tokens, 16 were used (ruby-openai, 27 and 29 April 2024).
    assert lab.texts(run) == [words(15)]
    assert run["usage"]["completion_tokens"] == 16
    assert [step["status"] for step in lab.steps(run)] == ["completed"]
    assert lab.events()[-3:] == ["message.incomplete", "run.step.completed", "run.incomplete"]
    message = next(item for item in lab.stream.waiting if item.name == "thread.message.incomplete")
    assert message.reason == "max_tokens"


@pytest.mark.parametrize("limit, said", [(11, words(10)), (12, words(10)), (13, words(10))])
def test_a_text_that_just_fits_is_said_whole(lab, limit, said):
    run = lab.until(lab.run(say(words(10)), max_completion_tokens=limit))
    whole = limit >= 12
    assert lab.texts(run) == [said]
    assert run["usage"]["completion_tokens"] == (12 if whole else 11)
    assert run["status"] == ("completed" if whole else "incomplete")


@pytest.mark.parametrize("turn", [say("long enough"), call_tools(WEATHER), run_code("x" * 40), search_files("x" * 40)])
def test_where_nothing_fits_nothing_is_said(lab, turn):
    run = lab.until(lab.run(turn, max_completion_tokens=1))
    assert incomplete_by(run) == MAX_COMPLETION
    assert (lab.steps(run), lab.said(run)) == ([], [])
    assert run["usage"]["completion_tokens"] == 0


def test_the_limit_is_for_all_turns_of_a_run(lab):
    turns = (call_tools(WEATHER), run_code("x" * 16), say(words(20)))  # 19, 10, and 11 are left
    run = lab.until(lab.run(*turns, max_completion_tokens=40), "requires_action")
    lab.submit(run, "out")
    lab.until(run)
    assert incomplete_by(run) == MAX_COMPLETION
    assert lab.texts(run) == [words(10)]
    assert [step["usage"]["completion_tokens"] for step in lab.steps(run)] == [19, 10, 11]
    assert run["usage"]["completion_tokens"] == 40


def test_a_message_in_the_middle_is_cut_too_and_ends_the_run(lab):
    run = lab.until(lab.run(say(words(20), more=True), say("unused"), max_completion_tokens=6))
    assert (incomplete_by(run), lab.texts(run)) == (MAX_COMPLETION, [words(5)])


def test_what_a_script_leaves_incomplete_is_left_alone(lab):
    run = lab.until(lab.run(incomplete("content_filter", words(20)), max_completion_tokens=6))
    assert (incomplete_by(run)[1], lab.texts(run)) == ({"reason": "content_filter"}, [words(20)])


def test_a_hang_hangs(lab):
    assert lab.until(lab.run(hang(), max_completion_tokens=1))["status"] == "expired"


def test_parts_are_said_until_the_limit(lab):
    turn = say(words(3), image("file-1"), words(9), refusal("no"))
    run = lab.until(lab.run(turn, max_completion_tokens=8))
    content = lab.said(run)[0]
    assert [part["type"] for part in content] == ["text", "image_file", "text"]
    assert content[2]["text"]["value"] == words(4)


def test_a_part_that_does_not_begin_is_left_out(lab):
    run = lab.until(lab.run(say(words(3), words(9)), max_completion_tokens=4))
    assert lab.texts(run) == [words(3)]
    assert len(lab.said(run)[0]) == 1


def test_annotations_beyond_the_cut_are_gone(lab):
    cited = [{"text": text, "file_citation": {"file_id": "file-1"}} for text in ("w01 ", "w07 ")]
    run = lab.until(lab.run(say(words(9), annotations=cited), max_completion_tokens=5))
    (part,) = lab.said(run)[0]
    assert [one["text"] for one in part["text"]["annotations"]] == ["w01 "]


@pytest.mark.parametrize(
    "chunks, pieces",
    [
        (None, ["w00", " w01", " "]),
        (2, ["w00 ", "w01 "]),
        ([words(1), words(9)[4:]], ["w00 ", "w01 "]),
        ([words(2), words(9)[8:]], ["w00 w01 "]),
    ],
)
def test_a_stream_ends_where_the_text_does(lab, chunks, pieces):
    lab.until(lab.run(say(words(9), chunks=chunks), max_completion_tokens=3, stream=True))
    deltas = next(item for item in lab.stream.waiting if item.name == "thread.message.delta")
    assert [part["text"]["value"] for part in deltas.parts] == pieces


def test_a_run_goes_on_to_its_limit_from_a_file(make_lab, lab):
    run = lab.run(say(words(30)), max_completion_tokens=16)
    again = make_lab.of(lab.bytes())
    for one in (lab, again):
        one.wait(100)
    assert again.bytes() == lab.bytes()
    assert incomplete_by(run) == MAX_COMPLETION


# ── prompt ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_messages_in_the_middle_are_dropped_first(lab):
    thread = lab.thread(*(f"{index}" * 24 for index in range(5)))  # 10 tokens each
    lab.until(lab.run("ok", thread=thread, max_prompt_tokens=35))
    assert [text[0] for text in shown(lab)] == ["0", "3", "4"]
    assert lab.steps(next(iter(lab.store.runs)))[0]["usage"]["prompt_tokens"] == 30


@pytest.mark.parametrize(
    "limit, kept", [(50, "01234"), (49, "0234"), (40, "0234"), (39, "034"), (20, "04"), (19, "4"), (10, "4")]
)
def test_what_fits_is_shown(lab, limit, kept):
    thread = lab.thread(*(f"{index}" * 24 for index in range(5)))
    lab.until(lab.run("ok", thread=thread, max_prompt_tokens=limit))
    assert "".join(text[0] for text in shown(lab)) == kept


@pytest.mark.parametrize("texts", [["x" * 24], ["y", "x" * 24], []])
def test_where_not_even_the_newest_message_fits_the_model_is_not_asked(lab, texts):
    run = lab.until(lab.run(thread=lab.thread(*texts), instructions="i" * 40, max_prompt_tokens=9))
    assert incomplete_by(run) == MAX_PROMPT
    assert (lab.steps(run), lab.said(run), lab.brain.views) == ([], [], [])
    assert run["usage"]["total_tokens"] == 0


def test_the_limit_of_the_prompt_is_for_all_turns_of_a_run(lab):
    run = lab.run(call_tools(WEATHER), thread=lab.thread("x" * 24), max_prompt_tokens=29)
    lab.until(run, "requires_action")
    lab.submit(run, "")  # 10 were used; the message and the arguments are 20
    lab.until(run)
    assert incomplete_by(run) == MAX_PROMPT
    assert run["usage"]["prompt_tokens"] == 10


def test_the_user_is_quoted_from_what_is_shown(lab):
    thread = lab.thread("q" * 24)
    lab.message(thread, "a" * 24, role="assistant")
    lab.until(lab.run("ok", thread=thread, max_prompt_tokens=10))
    view = lab.brain.views[0]
    assert (view.user, list(view.messages)) == ("", [("assistant", "a" * 24)])


def test_a_thread_is_fitted_into_the_window_of_its_model(lab):
    thread = lab.thread(*(f"{index}" * 200_000 for index in range(4)))  # 50,004 tokens each
    lab.until(lab.run("ok", thread=thread, model="gpt-4-turbo"))
    assert [text[0] for text in shown(lab)] == ["0", "3"]
    lab.until(lab.run("ok", thread=thread, model="gpt-4.1"))
    assert [text[0] for text in shown(lab)] == ["0", "1", "2", "3", "o"]


@pytest.mark.parametrize("limit, kept", [(27_000, "02"), (30_000, "2"), (500_000, "2")])
def test_room_is_kept_for_the_answer(lab, limit, kept):
    thread = lab.thread(*(f"{index}" * 199_000 for index in (0, 1, 2)))  # 49,754 tokens each
    lab.until(lab.run("ok", thread=thread, model="gpt-4-turbo", max_completion_tokens=limit))
    assert "".join(text[0] for text in shown(lab)) == kept


def last(number):
    return {"truncation_strategy": {"type": "last_messages", "last_messages": number}}


@pytest.mark.parametrize("number, kept", [(1, ["c"]), (2, ["b", "c"]), (3, ["a", "b", "c"]), (9, ["a", "b", "c"])])
def test_the_last_messages_are_shown(lab, number, kept):
    lab.run("ok", thread=lab.thread("a", "b", "c"), **last(number))
    assert shown(lab) == kept


def test_additional_messages_are_the_last_ones(lab):
    thread = lab.thread("a", "b")
    lab.run("ok", thread=thread, messages=[lab.new_message(thread, "c", "user")], **last(2))
    assert shown(lab) == ["b", "c"]


def test_what_the_run_itself_wrote_is_shown_beside_the_last_messages(lab):
    run = lab.run(say("one", more=True), say("two"), thread=lab.thread("a", "b"), **last(1))
    lab.until(run)
    assert shown(lab) == ["b", "one"]


def test_auto_shows_all_that_fit(lab):
    lab.run("ok", thread=lab.thread("a", "b"), truncation_strategy={"type": "auto", "last_messages": None})
    assert shown(lab) == ["a", "b"]


def test_a_placed_run_may_have_no_strategy(lab):
    run = lab.run(call("f"), thread=lab.thread("a", "b"))
    lab.until(run, "requires_action")
    run["truncation_strategy"] = None
    lab.brain.add("ok")
    lab.submit(run, "out")
    assert shown(lab) == ["a", "b"]
