"""What the requests of schemathesis meet: a service in which there is one of everything, and runs in every state."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from simulator import Request, Simulator, call, hang, say

KEY = "sk-fuzz"
HEADERS = {"openai-beta": "assistants=v2", "content-type": "application/json", "authorization": f"Bearer {KEY}"}
FUNCTION = {"type": "function", "function": {"name": "f"}}
Places = Mapping[str, str]


class World:
    """A simulator with objects, and the ids of those that belong together.

    Attributes:
        places: ids by the names that path parameters have; each mapping is a path that leads somewhere.
        outputs: the ids of the calls that wait for an output.
    """

    def __init__(self, seed: int = 0) -> None:
        self.simulator = Simulator("auto", seed=seed, api_keys=[KEY])
        self.outputs: list[str] = []
        self.assistant = self.post("assistants", model="gpt-4o", instructions="Help.", tools=[FUNCTION])["id"]
        stored = self._stored()
        self.places: Sequence[Places] = [{**place, **stored} for place in self._threads()]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the parsed answer to a request that succeeds."""
        content = b"" if body is None else json.dumps(body).encode()
        answer = self.simulator.handle(Request(method, f"/v1/{path}", "", HEADERS, content))
        if answer.status != 200 or not isinstance(answer.body, bytes):
            raise AssertionError(answer)
        return json.loads(answer.body)

    def post(self, path: str, **body: Any) -> Any:
        """Make something."""
        return self.ask("POST", path, body)

    def known(self, place: Places) -> Mapping[str, list[Any]]:
        """Return what there is by the names of fields in bodies."""
        ids = {name: [place[name]] for name in ("assistant_id", "file_id") if name in place}
        return {**ids, "tool_call_id": self.outputs}

    def _stored(self) -> dict[str, str]:
        """Make a file, and a vector store that has it in a batch."""
        file = self.simulator.put("files", {"filename": "a.txt", "purpose": "assistants", "content": "forty-two"})["id"]
        store = self.post("vector_stores", name="all")["id"]
        batch = self.post(f"vector_stores/{store}/file_batches", file_ids=[file])["id"]
        return {"file_id": file, "vector_store_id": store, "batch_id": batch}

    def _threads(self) -> list[Places]:
        """Make four threads: one whose run has ended, one whose run waits for an output, a locked and an empty one."""
        places = [self._thread(turns) for turns in ([say("Hello.")], [call("f", x=1)], [hang()])]
        self.simulator.clock.advance(5)
        for place in places:
            path = f"threads/{place['thread_id']}/runs/{place['run_id']}"
            steps = self.ask("GET", f"{path}/steps")["data"]
            place["step_id"] = steps[0]["id"] if steps else "step_none"
            action = self.ask("GET", path)["required_action"]
            if action is not None:
                self.outputs += [one["id"] for one in action["submit_tool_outputs"]["tool_calls"]]
        empty = self.post("threads")["id"]
        return [*places, {**places[0], "thread_id": empty}]

    def _thread(self, turns: Sequence[Any]) -> dict[str, str]:
        thread = self.post("threads", messages=[{"role": "user", "content": "Hi"}])["id"]
        message = self.ask("GET", f"threads/{thread}/messages")["data"][0]["id"]
        self.simulator.script(*turns, thread=thread)
        run = self.post(f"threads/{thread}/runs", assistant_id=self.assistant)["id"]
        return {"assistant_id": self.assistant, "thread_id": thread, "message_id": message, "run_id": run}
