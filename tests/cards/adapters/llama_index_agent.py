"""LlamaIndex's `OpenAIAssistantAgent`, which has one thread: an agent for each user, with the same assistant."""

from __future__ import annotations

from llama_index.agent.openai import OpenAIAssistantAgent
from llama_index.core.tools import FunctionTool

from .functions import INSTRUCTIONS, MODEL, get_weather, search_documents

TOOLS = [FunctionTool.from_defaults(get_weather), FunctionTool.from_defaults(search_documents)]


class App:
    """An agent for each user."""

    def __init__(self) -> None:
        self.assistant_id = ""
        self.agents: dict[str, OpenAIAssistantAgent] = {}

    def __call__(self, user_id: str, text: str) -> str:
        """Return the reply."""
        if user_id not in self.agents:
            self.agents[user_id] = self._new()
        return str(self.agents[user_id].chat(text))

    def _new(self) -> OpenAIAssistantAgent:
        if self.assistant_id:
            return OpenAIAssistantAgent.from_existing(self.assistant_id, tools=TOOLS)
        agent = OpenAIAssistantAgent.from_new(name="assistant", instructions=INSTRUCTIONS, tools=TOOLS, model=MODEL)
        self.assistant_id = agent.assistant.id
        return agent
