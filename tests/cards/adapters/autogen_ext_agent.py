"""AutoGen's `OpenAIAssistantAgent` of `autogen-ext`, which has one thread: an agent for each user."""

from __future__ import annotations

from autogen_agentchat.messages import TextMessage
from autogen_core import CancellationToken
from autogen_core.tools import FunctionTool
from autogen_ext.agents.openai import OpenAIAssistantAgent
from openai import AsyncOpenAI

from .functions import INSTRUCTIONS, MODEL, get_weather, search_documents

TOOLS = [FunctionTool(one, description=one.__doc__ or "") for one in (get_weather, search_documents)]


class App:
    """An agent for each user."""

    def __init__(self) -> None:
        self.client = AsyncOpenAI()
        self.agents: dict[str, OpenAIAssistantAgent] = {}

    async def __call__(self, user_id: str, text: str) -> str:
        """Return the reply."""
        if user_id not in self.agents:
            self.agents[user_id] = OpenAIAssistantAgent(
                name="assistant",
                description="A helpful assistant.",
                client=self.client,
                model=MODEL,
                instructions=INSTRUCTIONS,
                tools=TOOLS,
            )
        message = TextMessage(source="user", content=text)
        response = await self.agents[user_id].on_messages([message], CancellationToken())
        return response.chat_message.content
