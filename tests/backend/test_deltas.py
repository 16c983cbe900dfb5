from hypothesis import given
from hypothesis import strategies as st

from simulator.backend.deltas import (
    code_deltas,
    due_times,
    function_deltas,
    joined_content,
    message_deltas,
    pieces,
    search_deltas,
)
from simulator.backend.objects import text_part

TEXTS = st.text(max_size=40) | st.lists(st.sampled_from(["Hello", ", ", "world", "\n", "é", "🌍", " "])).map("".join)


def citation(start, end, text="", **more):
    return {
        "type": "file_citation",
        "text": text,
        "start_index": start,
        "end_index": end,
        "file_citation": {"file_id": "file-1"},
        **more,
    }


@given(TEXTS)
def test_words_joined_are_the_text(text):
    assert "".join(pieces(text)) == text
    assert all(pieces(text))


@given(TEXTS.filter(bool), st.integers(1, 50))
def test_a_number_of_pieces_is_that_many(text, count):
    split = pieces(text, count)
    assert len(split) == count
    assert "".join(split) == text


def test_a_piece_is_a_word_with_the_blank_before_it():
    assert pieces("It is 72 °F, and sunny.\n\nYes") == [
        "It",
        " is",
        " 72",
        " °",
        "F",
        ",",
        " and",
        " sunny",
        ".",
        "\n\n",
        "Yes",
    ]


def test_pieces_are_taken_as_given():
    assert pieces("abc", ["a", "", "bc"]) == ["a", "", "bc"]
    assert pieces("", 3) == ()


def test_the_first_delta_of_a_message_alone_has_empty_annotations():
    assert message_deltas([text_part("One two")]) == [
        {"index": 0, "type": "text", "text": {"value": "One", "annotations": []}},
        {"index": 0, "type": "text", "text": {"value": " two"}},
    ]


def test_text_after_an_image_begins_without_annotations():
    image = {"type": "image_file", "image_file": {"file_id": "file-1"}}
    assert message_deltas([image, text_part("Look")]) == [
        {"index": 0, **image},
        {"index": 1, "type": "text", "text": {"value": "Look"}},
    ]


def test_a_refusal_comes_in_one_piece():
    assert message_deltas([{"type": "refusal", "refusal": "I will not."}]) == [
        {"index": 0, "type": "refusal", "refusal": "I will not."}
    ]


def test_an_empty_text_is_a_part_too():
    assert message_deltas([text_part(""), text_part("b")]) == [
        {"index": 0, "type": "text", "text": {"value": "", "annotations": []}},
        {"index": 1, "type": "text", "text": {"value": "b"}},
    ]
    assert message_deltas([]) == []


def test_a_citation_is_a_piece_with_an_empty_quote():
    # recorded-traffic.md 7: marker and annotation in one delta, `index` and `quote` in the delta only.
    marker = "【4:0†f.txt】"
    given = citation(6, 6 + len(marker), marker)
    deltas = message_deltas([text_part(f"I read{marker}.", [given])])
    assert [delta["text"]["value"] for delta in deltas] == ["I", " read", marker, "."]
    assert deltas[2]["text"]["annotations"] == [
        {"index": 0, **given, "file_citation": {"file_id": "file-1", "quote": ""}}
    ]


def test_a_file_path_has_no_quote():
    path = {"type": "file_path", "text": "b", "start_index": 1, "end_index": 2, "file_path": {"file_id": "file-1"}}
    deltas = message_deltas([text_part("abc", [path])])
    assert deltas[1]["text"] == {"value": "b", "annotations": [{"index": 0, **path}]}


def test_chunks_win_over_annotations():
    deltas = message_deltas([text_part("abcd", [citation(1, 2, "b")])], ["abc", "d"])
    assert [delta["text"]["value"] for delta in deltas] == ["abc", "d"]
    assert deltas[0]["text"]["annotations"][0]["text"] == "b"


def test_a_number_of_chunks_holds_for_each_text():
    deltas = message_deltas([text_part("abcd"), text_part("xy")], 2)
    assert [(delta["index"], delta["text"]["value"]) for delta in deltas] == [(0, "ab"), (0, "cd"), (1, "x"), (1, "y")]


@st.composite
def contents(draw):
    """The content of a message: texts with annotations anywhere, images, refusals."""
    ends = st.integers(0, 45)
    citations = st.builds(citation, ends, ends, st.text(max_size=3))
    paths = st.builds(lambda end: {"type": "file_path", "start_index": 0, "end_index": end, "file_path": {}}, ends)
    annotations = st.lists(citations | paths, max_size=4)
    texts = st.builds(text_part, TEXTS, annotations)
    images = st.just({"type": "image_file", "image_file": {"file_id": "file-1"}})
    refusals = st.builds(lambda text: {"type": "refusal", "refusal": text}, TEXTS)
    return draw(st.lists(texts | images | refusals, max_size=4))


@given(contents(), st.none() | st.integers(1, 9))
def test_what_comes_in_pieces_is_whole_in_the_end(content, chunks):
    assert joined_content(message_deltas(content, chunks)) == content


@given(contents(), st.integers(0, 30))
def test_what_was_cut_short_is_a_beginning(content, count):
    said = joined_content(message_deltas(content)[:count])
    assert len(said) <= len(content)
    for part, whole in zip(said, content, strict=False):
        if part["type"] == "text":
            assert whole["text"]["value"].startswith(part["text"]["value"])
            assert all(one in whole["text"]["annotations"] for one in part["text"]["annotations"])
        else:
            assert part == whole


def test_joining_leaves_the_deltas_alone():
    content = [text_part("a b", [citation(0, 1, "a")])]
    deltas = message_deltas(content)
    assert joined_content(deltas) == joined_content(deltas)


def function(id, arguments):
    return {"id": id, "type": "function", "function": {"name": "f", "arguments": arguments, "output": None}}


def test_each_call_opens_with_its_name():
    # recorded-traffic.md 7; that parallel calls come one after the other is inferred (assistants-api.md 2.2).
    deltas = function_deltas([function("call_1", '{"a":1}'), function("call_2", "{}")], [["{", '"a":1}'], None])
    opening = {"name": "f", "arguments": "", "output": None}
    assert deltas == [
        {"index": 0, "id": "call_1", "type": "function", "function": opening},
        {"index": 0, "type": "function", "function": {"arguments": "{"}},
        {"index": 0, "type": "function", "function": {"arguments": '"a":1}'}},
        {"index": 1, "id": "call_2", "type": "function", "function": opening},
        {"index": 1, "type": "function", "function": {"arguments": "{}"}},
    ]


def test_empty_arguments_are_one_piece_unless_told_otherwise():
    assert len(function_deltas([function("call_1", "{}")], [None])) == 2
    assert len(function_deltas([function("call_1", "{}")], [2])) == 3
    assert len(function_deltas([function("call_1", "")], [None])) == 1


@given(TEXTS, st.none() | st.integers(1, 5))
def test_argument_pieces_join_to_the_text(text, chunks):
    deltas = function_deltas([function("call_1", text)], [chunks])
    assert "".join(delta["function"]["arguments"] for delta in deltas) == text


def test_code_comes_before_its_outputs():
    outputs = [{"type": "logs", "logs": "65"}, {"type": "image", "image": {"file_id": "file-1"}}]
    call = {"id": "call_1", "type": "code_interpreter", "code_interpreter": {"input": "x = 1", "outputs": outputs}}
    wrap = {"index": 0, "type": "code_interpreter"}
    assert code_deltas(call) == [
        {"index": 0, "id": "call_1", "type": "code_interpreter", "code_interpreter": {"input": "", "outputs": []}},
        {**wrap, "code_interpreter": {"input": "x"}},
        {**wrap, "code_interpreter": {"input": " ="}},
        {**wrap, "code_interpreter": {"input": " 1"}},
        {**wrap, "code_interpreter": {"outputs": [{"index": 0, **outputs[0]}]}},
        {**wrap, "code_interpreter": {"outputs": [{"index": 1, **outputs[1]}]}},
    ]


def test_a_search_is_one_delta_without_results():
    call = {"id": "call_1", "type": "file_search", "file_search": {"results": [{"file_id": "file-1"}]}}
    (delta,) = search_deltas(call)
    assert (delta["index"], delta["id"], delta["file_search"]["results"]) == (0, "call_1", [])
    assert delta["file_search"]["ranking_options"] == {"ranker": "default_2024_08_21", "score_threshold": 0.0}


def test_deltas_are_due_evenly_between_the_ends():
    assert due_times(3, 10.0, 14.0) == [11.0, 12.0, 13.0]
    assert due_times(0, 10.0, 14.0) == []
    assert due_times(2, 10.0, 10.0) == [10.0, 10.0]
