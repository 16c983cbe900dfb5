from simulator.backend import objects
from simulator.backend.brain import Output
from simulator.backend.store import Store
from simulator.backend.views import SETTINGS, build_view

TOOLS = [
    {"type": "code_interpreter"},
    {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},
    {"type": "function", "function": {"name": "bare", "parameters": None}},
]


def stored(assistant=None, messages=(), **run):
    store = Store()
    assistant = assistant or objects.assistant("asst_1", 1, "gpt-4o", instructions="Be brief.", tools=TOOLS)
    store.assistants.add(assistant)
    for number, message in enumerate(messages):
        store.messages.add({**message, "id": f"msg_{number}", "created_at": 1}, "thread_1")
    return store, {**objects.run("run_1", 1, "thread_1", assistant), **run}


def message(role, *content, **more):
    return {"role": role, "content": list(content), "attachments": [], **more}


def test_the_newest_message_of_the_user_stands_out():
    texts = [message("user", objects.text_part("one")), message("assistant", objects.text_part("two"))]
    view = build_view(*stored(messages=texts))
    assert view.user == "one"
    assert view.messages == [("user", "one"), ("assistant", "two")]
    assert build_view(*stored()).user == ""


def test_messages_that_are_not_stored_yet_are_shown_too():
    view = build_view(*stored(), additional_messages=[message("user", objects.text_part("new"))])
    assert (view.user, view.messages) == ("new", [("user", "new")])


def test_additional_instructions_are_appended():
    store, run = stored()
    assert build_view(store, run).instructions == "Be brief."
    assert build_view(store, run, additional_instructions="And kind.").instructions == "Be brief.\nAnd kind."
    assert build_view(store, {**run, "instructions": None}, additional_instructions="Kind.").instructions == "Kind."
    assert build_view(store, {**run, "instructions": None}).instructions == ""


def test_functions_are_shown_by_name_with_their_schema():
    view = build_view(*stored())
    assert view.functions == {"f": {"type": "object"}, "bare": {"type": "object", "properties": {}}}


def test_settings_outputs_and_the_objects_themselves():
    output = Output("f", "{}", "1")
    store, run = stored(temperature=0.5)
    view = build_view(store, run, outputs=iter([output]))
    assert tuple(view.settings) == SETTINGS
    assert view.settings["temperature"] == 0.5
    assert view.outputs == (output,)
    assert (view.conversation, view.model) == ("thread_1", "gpt-4o")
    assert view.run == run
    assert view.run is not run
    assert view.assistant["id"] == "asst_1"


def test_files_of_assistant_and_messages_are_named_once():
    resources = {"code_interpreter": {"file_ids": ["file-1", "file-2"]}}
    assistant = objects.assistant("asst_1", 1, "gpt-4o", tools=TOOLS, tool_resources=resources)
    attached = [{"file_id": "file-2"}, {"file_id": "file-3"}, {"tools": []}]
    messages = [message("user", attachments=attached), message("user", attachments=None)]
    assert build_view(*stored(assistant, messages)).files == ("file-1", "file-2", "file-3")


def test_nulls_of_placed_objects_do_no_harm():
    for resources in (None, {}, {"code_interpreter": None}, {"code_interpreter": {"file_ids": None}}):
        assistant = {**objects.assistant("asst_1", 1, "gpt-4o"), "tool_resources": resources, "tools": None}
        view = build_view(*stored(assistant, [{**message("user"), "content": None, "attachments": None}], tools=None))
        assert (view.files, view.functions, view.messages) == ((), {}, [("user", "")])


def test_a_deleted_assistant_leaves_an_empty_place():
    store, run = stored()
    store.assistants.remove("asst_1")
    assert build_view(store, run).assistant == {}
