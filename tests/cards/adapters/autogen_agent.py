"""AutoGen's `GPTAssistantAgent`, asked by a `UserProxyAgent` as its notebooks do."""

from __future__ import annotations

from autogen import UserProxyAgent
from autogen.agentchat.contrib.gpt_assistant_agent import GPTAssistantAgent

from .functions import FUNCTIONS, INSTRUCTIONS, MODEL, TOOLS


class App:
    """A proxy for each user: an agent keeps a thread for each who speaks to it."""

    def __init__(self) -> None:
        self.agent = GPTAssistantAgent(
            name="assistant",
            instructions=INSTRUCTIONS,
            llm_config={"config_list": [{"model": MODEL}]},
            assistant_config={"tools": TOOLS},
        )
        self.agent.register_function(function_map=FUNCTIONS)
        self.users: dict[str, UserProxyAgent] = {}

    def __call__(self, user_id: str, text: str) -> str:
        """Return the reply."""
        is_new = user_id not in self.users
        if is_new:
            self.users[user_id] = UserProxyAgent(
                name=user_id, code_execution_config=False, human_input_mode="NEVER", max_consecutive_auto_reply=0
            )
        result = self.users[user_id].initiate_chat(self.agent, message=text, clear_history=is_new)
        return result.summary
