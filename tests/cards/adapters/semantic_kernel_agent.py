"""Semantic Kernel's `OpenAIAssistantAgent`, asked by `get_response` or read as a stream."""

from __future__ import annotations

from openai import AsyncOpenAI
from semantic_kernel.agents import AssistantAgentThread, OpenAIAssistantAgent
from semantic_kernel.functions import kernel_function

from .functions import INSTRUCTIONS, MODEL, get_weather, search_documents


class Plugin:
    """The functions, as a plugin."""

    @kernel_function(description="Get the current weather of a location.")
    def get_weather(self, location: str, unit: str = "fahrenheit") -> str:
        """Return the weather."""
        return get_weather(location, unit)

    @kernel_function(description="Search the internal documents.")
    def search_documents(self, query: str, max_results: int = 5) -> str:
        """Return what is found."""
        return search_documents(query, max_results)


class App:
    """A thread for each user."""

    def __init__(self) -> None:
        self.client = AsyncOpenAI()
        self.agent: OpenAIAssistantAgent | None = None
        self.threads: dict[str, AssistantAgentThread] = {}

    async def __call__(self, user_id: str, text: str) -> str:
        """Return the reply."""
        agent = await self._agent()
        response = await agent.get_response(messages=text, thread=self._thread(user_id))
        return str(response)

    def _thread(self, user_id: str) -> AssistantAgentThread:
        return self.threads.setdefault(user_id, AssistantAgentThread(client=self.client))

    async def _agent(self) -> OpenAIAssistantAgent:
        if self.agent is None:
            definition = await self.client.beta.assistants.create(
                model=MODEL, name="assistant", instructions=INSTRUCTIONS
            )
            self.agent = OpenAIAssistantAgent(client=self.client, definition=definition, plugins=[Plugin()])
        return self.agent


class StreamingApp(App):
    """The same, read as a stream."""

    async def __call__(self, user_id: str, text: str) -> str:
        """Return the reply."""
        agent = await self._agent()
        stream = agent.invoke_stream(messages=text, thread=self._thread(user_id))
        return "".join([str(response) async for response in stream])
