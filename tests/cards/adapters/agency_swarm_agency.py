"""An agency of Agency Swarm with one agent; an agency has one thread: one for each user, with the same assistant."""

from __future__ import annotations

from tempfile import TemporaryDirectory

from agency_swarm import Agency, Agent, BaseTool
from pydantic import Field

from . import functions
from .functions import INSTRUCTIONS, MODEL


class get_weather(BaseTool):  # noqa: N801  # the model calls a tool by the name of its class
    """Get the current weather of a location."""

    location: str = Field(..., description="a city")
    unit: str = Field("fahrenheit", description="of the temperature")

    def run(self) -> str:
        """Return the weather."""
        return functions.get_weather(self.location, self.unit)


class search_documents(BaseTool):  # noqa: N801
    """Search the internal documents."""

    query: str = Field(..., description="what to look for")
    max_results: int = Field(5, description="how many at most")

    def run(self) -> str:
        """Return what is found."""
        return functions.search_documents(self.query, self.max_results)


class App:
    """An agency for each user; the file of its settings, with the id of the assistant, is one for all."""

    def __init__(self) -> None:
        self.folder = TemporaryDirectory()
        self.agencies: dict[str, Agency] = {}

    def __call__(self, user_id: str, text: str) -> str:
        """Return the reply."""
        if user_id not in self.agencies:
            self.agencies[user_id] = self._new()
        return self.agencies[user_id].get_completion(text)

    def _new(self) -> Agency:
        agent = Agent(
            name="assistant",
            description="A helpful assistant.",
            instructions=INSTRUCTIONS,
            tools=[get_weather, search_documents],
            model=MODEL,
        )
        return Agency([agent], settings_path=f"{self.folder.name}/settings.json", temperature=None, top_p=None)
