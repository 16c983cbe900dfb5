import json

import pytest

from simulator import CheckFailed, Request, Response, Simulator, SimulatorError

ROUTE = "POST /v1/embeddings"


def test_a_value_answers_every_request(sim, api):
    sim.stub(ROUTE, json={"data": [1.0]})
    for _ in range(2):
        answer = api.post("/embeddings", {"input": "x"}, headers={})
        assert (answer.status, answer.json) == (200, {"data": [1.0]})
        assert answer.headers["content-type"] == "application/json"
    sim.check()


@pytest.mark.parametrize("value", [[], "", 0, False])
def test_a_value_may_be_false(sim, api, value):
    sim.stub(ROUTE, json=value)
    assert api.post("/embeddings").json == value


def test_status_and_headers_can_be_given(sim, api):
    sim.stub(ROUTE, json={}, status=503, headers={"retry-after": "1"})
    answer = api.post("/embeddings")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")


def test_a_callable_is_asked_with_the_request(sim, api):
    sim.stub(ROUTE, lambda request: {"input": json.loads(request.body)["input"], "path": request.path})
    assert api.post("/embeddings", {"input": "x"}).json == {"input": "x", "path": "/v1/embeddings"}


def test_a_callable_may_give_a_whole_response(sim, api):
    sim.stub(ROUTE, lambda request: Response(418, {"x-a": "b"}, b"tea"))
    answer = api.post("/embeddings")
    assert (answer.status, answer.headers, answer.body) == (418, {"x-a": "b"}, b"tea")
    assert sim.requests[-1].response == b"tea"


def test_a_star_stands_for_anything(sim, api):
    sim.stub("GET /v1/videos/*/content", json="x")
    assert api.get("/videos/video-1/content").status == 200
    assert api.get("/videos/video-1").error["code"] == "not_simulated"
    assert api.post("/videos/video-1/content").error["code"] == "not_simulated"


def test_the_newest_stub_that_fits_answers(sim, api):
    sim.stub("POST /v1/*", json="old")
    sim.stub(ROUTE, json="new")
    assert api.post("/embeddings").json == "new"
    assert api.post("/moderations").json == "old"


def test_a_stub_wins_over_an_operation(sim, api):
    sim.stub("GET /v1/assistants", json="stubbed")
    assert api.get("/assistants", headers={}).json == "stubbed"
    assert api.post("/assistants", {"model": "m"}).status == 200


def test_a_stub_wins_over_the_end_of_the_service(api_of):

    sim = Simulator(service="sunset")
    sim.stub("GET /v1/assistants", json="stubbed")
    assert api_of(sim).get("/assistants").json == "stubbed"


def test_a_stub_takes_time(sim, api):
    sim.stub(ROUTE, json={})
    before = sim.clock.now()
    api.post("/embeddings")
    assert sim.clock.now() > before


def raises(request):
    raise ValueError("of mine")


@pytest.mark.parametrize(
    "function, said", [(raises, "ValueError: of mine"), (lambda request: object(), "Unable to serialize")]
)
def test_a_stub_that_fails_is_refused_and_found(sim, api, refused, function, said):
    sim.stub(ROUTE, function)
    error = refused(lambda: api.post("/embeddings"), 400, surprises=1)
    assert error["code"] == "stub_failed"
    assert f"the stub of {ROUTE} failed" in error["message"]
    assert said in error["message"]
    assert api.post("/embeddings").headers["x-should-retry"] == "false"
    with pytest.raises(CheckFailed, match="the stub of POST"):
        sim.check()


@pytest.mark.parametrize(
    "arguments, options, said",
    [
        (("/v1/embeddings",), {"json": {}}, "a method and a path"),
        (("POST v1/embeddings",), {"json": {}}, "stub() takes routes such as"),
        (("",), {"json": {}}, "not ''."),
        ((ROUTE,), {}, "either json=… or a callable"),
        ((ROUTE, raises), {"json": {}}, "either json=… or a callable"),
        ((ROUTE, {"data": []}), {}, "or a callable of the request, not {'data': []}"),
    ],
)
def test_a_stub_that_cannot_be_meant_is_the_tests_mistake(sim, api, arguments, options, said):
    with pytest.raises(SimulatorError) as caught:
        sim.stub(*arguments, **options)
    assert said in str(caught.value)
    assert api.post("/embeddings").error["code"] == "not_simulated"


def test_what_json_cannot_hold_is_told_at_once():
    with pytest.raises(SimulatorError, match=r"A callable stands second: stub\(route, function\)"):
        Simulator().stub("POST /v1/embeddings", json=lambda request: {})


def test_the_callable_reads_the_body_as_json():
    sim = Simulator()
    sim.stub("POST /v1/embeddings", lambda request: {"model": request.json["model"]})
    assert sim.handle(Request("POST", "/v1/embeddings", body=b'{"model": "m"}')).body == b'{\n  "model": "m"\n}'
    assert Request("POST", "/", body=b"{").json is None
