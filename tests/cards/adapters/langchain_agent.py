"""LangChain's `OpenAIAssistantRunnable` in an `AgentExecutor`, as the docstring of the class shows it."""

from __future__ import annotations

from langchain.agents import AgentExecutor
from langchain.agents.openai_assistant import OpenAIAssistantRunnable
from langchain_core.tools import tool

from .functions import INSTRUCTIONS, MODEL, get_weather, search_documents

TOOLS = [tool(get_weather), tool(search_documents)]


class App:
    """A thread for each user."""

    def __init__(self) -> None:
        agent = OpenAIAssistantRunnable.create_assistant(
            name="assistant", instructions=INSTRUCTIONS, tools=TOOLS, model=MODEL, as_agent=True
        )
        self.executor = AgentExecutor(agent=agent, tools=TOOLS)
        self.threads: dict[str, str] = {}

    def __call__(self, user_id: str, text: str) -> str:
        """Return the reply."""
        known = {"thread_id": self.threads[user_id]} if user_id in self.threads else {}
        result = self.executor.invoke({"content": text, **known})
        if "thread_id" in result:  # one that was stopped has none
            self.threads[user_id] = result["thread_id"]
        return result["output"]
