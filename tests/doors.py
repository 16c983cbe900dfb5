"""The doors of a simulator. What it does is the same through each: tests that take one as a parameter prove it."""

from __future__ import annotations

from contextlib import ExitStack

import openai

from simulator import Simulator

IN_PROCESS, SERVED = "in process", "served"
DOORS = (IN_PROCESS, SERVED)


class Served(Simulator):
    """A simulator whose clients reach it through a socket.

    One server serves many tests: each begins with `begin`, and ends with `close_clients`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.base_url = ""
        self._clients = ExitStack()

    def begin(self) -> Served:
        self.reset(seed=0)
        return self

    def client(self, **options):
        client = openai.OpenAI(**{"api_key": "sk-test", "base_url": self.base_url, **options})
        return self._clients.enter_context(client)

    def async_client(self, **options):
        """Whoever asks for one closes it, in the event loop that it was used in."""
        return openai.AsyncOpenAI(**{"api_key": "sk-test", "base_url": self.base_url, **options})

    def close_clients(self) -> None:
        self._clients.close()
