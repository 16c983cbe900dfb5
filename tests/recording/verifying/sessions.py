"""Small sessions of our own, in the form of the corpus: what another simulator answered, with ids of its own."""

import json

from simulator import Request, Simulator, call, call_tools, run_code, say

HEADERS = {"openai-beta": "assistants=v2", "content-type": "application/json"}


class Recorder:
    """Asks a simulator, and keeps what it answers as a recorder would."""

    def __init__(self, *script, **options):
        self.sim = Simulator(poll_after_ms=None, **{"seed": 7, **options})
        self.sim.script(*script)
        self.exchanges = []

    def ask(self, method, path, body=None, headers=HEADERS):
        path, _, query = path.partition("?")
        sent = b"" if body is None else json.dumps(body).encode()
        response = self.sim.handle(Request(method, path, query, headers, sent))
        answer = self._answer(response.body)
        self.exchanges.append(
            {
                "method": method,
                "path": f"{path}?{query}" if query else path,
                "request_headers": dict(headers),
                "request_body": body,
                "status": response.status,
                "response_headers": dict(response.headers),
                "response_body": answer,
            }
        )
        self.sim.clock.advance(1)
        return answer

    def _answer(self, body):
        if isinstance(body, bytes):
            return json.loads(body)
        events = []
        for frame in body:
            self.sim.wait_until(frame.due)
            if frame.data:
                name, data = frame.data.decode().rstrip("\n").split("\n")
                data = data.removeprefix("data: ")
                events.append(
                    {"event": name.removeprefix("event: "), "data": data if data == "[DONE]" else json.loads(data)}
                )
        return events

    def cassette(self, tmp_path, name):
        path = tmp_path / f"{name}.json"
        version = self.exchanges[0]["request_headers"]["openai-beta"].removeprefix("assistants=")
        file = {"kind": "recorded", "api_version": version, "recorded_at": None, "exchanges": self.exchanges}
        path.write_text(json.dumps(file))
        return path


WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}


def polled():
    """A round of two calls, polled; lists, steps, changes, deletes and what is refused."""
    it = Recorder(call_tools(call("get_weather", city="Lima"), call("get_weather", city="Rome")), say("72 °F, sunny."))
    assistant = it.ask("POST", "/v1/assistants", {"model": "gpt-4o", "name": "Weather", "tools": [WEATHER]})
    thread = it.ask("POST", "/v1/threads", {"metadata": {"of": "me"}})
    path = f"/v1/threads/{thread['id']}"
    message = it.ask("POST", f"{path}/messages", {"role": "user", "content": "How is it?", "metadata": {"n": "1"}})
    run = it.ask("POST", f"{path}/runs", {"assistant_id": assistant["id"], "instructions": "Be brief."})
    it.ask("POST", f"{path}/messages", {"role": "user", "content": "Too early."})
    it.ask("GET", f"{path}/runs/{run['id']}")
    waiting = it.ask("GET", f"{path}/runs/{run['id']}")
    it.ask("GET", f"{path}/runs/{run['id']}/steps")
    calls = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = [{"tool_call_id": one["id"], "output": "72"} for one in calls]
    it.ask("POST", f"{path}/runs/{run['id']}/submit_tool_outputs", {"tool_outputs": outputs[:1]})
    it.ask("POST", f"{path}/runs/{run['id']}/submit_tool_outputs", {"tool_outputs": outputs})
    it.ask("GET", f"{path}/runs/{run['id']}")
    it.ask("GET", f"{path}/runs/{run['id']}")
    it.ask("GET", f"{path}/runs/{run['id']}/steps?order=asc")
    it.ask("GET", f"{path}/messages")
    it.ask("GET", f"{path}/messages?limit=1")
    it.ask("GET", f"{path}/messages/{message['id']}")
    it.ask("POST", f"{path}/messages/{message['id']}", {"metadata": {"n": 2}})
    it.ask("POST", f"{path}/runs/{run['id']}/cancel")
    it.ask("GET", f"{path}/runs/{run['id']}/steps/step_123")
    it.ask("DELETE", path)
    it.ask("GET", path)
    it.ask("DELETE", f"/v1/assistants/{assistant['id']}")
    return it


def streamed():
    """A stream with code and a message."""
    it = Recorder(run_code("print(1)", logs="1"), say("The answer is 1."))
    assistant = it.ask("POST", "/v1/assistants", {"model": "gpt-4o", "tools": [{"type": "code_interpreter"}]})
    thread = {"messages": [{"role": "user", "content": "How much is it?"}]}
    it.ask("POST", "/v1/threads/runs", {"assistant_id": assistant["id"], "thread": thread, "stream": True})
    return it


def streamed_call():
    """A stream that ends with a call, and one that goes on."""
    it = Recorder(call("get_weather", city="Lima"), say("Sunny."))
    assistant = it.ask("POST", "/v1/assistants", {"model": "gpt-4o", "tools": [WEATHER]})
    thread = it.ask("POST", "/v1/threads", {"messages": [{"role": "user", "content": "How is it?"}]})
    path = f"/v1/threads/{thread['id']}/runs"
    events = it.ask("POST", path, {"assistant_id": assistant["id"], "stream": True})
    run = events[-2]["data"]
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = [{"tool_call_id": one["id"], "output": "72"} for one in calls]
    it.ask("POST", f"{path}/{run['id']}/submit_tool_outputs", {"tool_outputs": outputs, "stream": True})
    return it


def cancelled():
    """A run that is cancelled."""
    it = Recorder(say("Never said.", takes=60.0))
    assistant = it.ask("POST", "/v1/assistants", {"model": "gpt-4o"})
    run = it.ask(
        "POST",
        "/v1/threads/runs",
        {"assistant_id": assistant["id"], "thread": {"messages": [{"role": "user", "content": "Hi."}]}},
    )
    path = f"/v1/threads/{run['thread_id']}/runs/{run['id']}"
    it.ask("POST", f"{path}/cancel")
    it.ask("GET", path)
    it.ask("GET", f"/v1/threads/{run['thread_id']}/runs")
    return it


ALL = {"polled": polled, "streamed": streamed, "streamed_call": streamed_call, "cancelled": cancelled}
