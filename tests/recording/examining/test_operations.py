import pytest

from simulator.recording.cassette import RecordedRequest
from simulator.recording.examining.operations import operation_of


@pytest.mark.parametrize(
    "method,path,name,ids",
    [
        ("POST", "/v1/threads/runs", "threads.create_and_run", ()),
        ("GET", "/v1/threads/thread_1/runs/run_1", "runs.retrieve", ("thread_1", "run_1")),
        ("GET", "/openai/threads/thread_1/runs/run_1/steps", "steps.list", ("thread_1", "run_1")),
        ("POST", "/v1/responses", "responses.create", ()),
        ("GET", "/v1/chatkit/x1/y", "GET /v1/chatkit/*/y", ("x1",)),
        ("POST", "/charges/ch_1A/refunds", "POST /charges/*/refunds", ("ch_1A",)),
    ],
)
def test_an_operation_has_the_name_that_the_sdk_has_for_it(method, path, name, ids):
    request = RecordedRequest(method=method, uri=f"https://api.openai.com{path}?limit=1")
    assert operation_of(request) == (name, ids)
