"""The programs and libraries whose cards are kept: which version, with what beside it, and how it is asked.

A row is all that another one needs, beside its adapter. The libraries have the SDK of their days: a version that came
out before openai 2 has the last 1.x.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.sdks.environments import Environment
from tests.sdks.pins import LAST_WITH_PROXIES, ROOT, newest

SEED = ROOT.parent / "shared" / "seed" / "assistant_program.py"
LAST_1 = "openai==1.109.1"
NEWEST = f"openai=={newest((ROOT / 'constraints.txt').read_text(encoding='utf-8'))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A program or library, and how it is asked.

    Args:
        name: of its card, and of its environment.
        title: as the documentation calls it.
        app: in `tests/cards/adapters`, as `module:callable`.
        shown: the packages whose versions its card shows.
        pins: what is installed, exactly.
        extras: of our own package.
        within: the name of the environment, where it is another one's.
        beside: whether it lies beside the repository and may be missing.
    """

    name: str
    title: str
    app: str
    shown: tuple[str, ...]
    pins: tuple[str, ...]
    extras: str = ""
    within: str = ""
    beside: bool = False

    @property
    def environment(self) -> Environment:
        """Its environment, with nothing else in it."""
        name = self.within or self.name
        return Environment(name=name, constraints="", requirements=self.pins, extras=self.extras, kind="card")

    @property
    def target(self) -> str:
        """Its app, as commands take it."""
        return f"tests.cards.adapters.{self.app}"

    @property
    def is_there(self) -> bool:
        """Whether it can be played here."""
        return not self.beside or SEED.is_file()


LIBRARIES: Mapping[str, Library] = {
    one.name: one
    for one in (
        Library(
            name="program",
            title="a program of 2024, as its author left it",
            app="seed_program:App",
            shown=("openai",),
            pins=("openai==1.14.3", f"httpx=={LAST_WITH_PROXIES}"),
            beside=True,
        ),
        Library(
            name="sdk-1-polling",
            title="the SDK's `create_and_poll` and `submit_tool_outputs_and_poll`, 1.x",
            app="sdk_polling:App",
            shown=("openai",),
            pins=(LAST_1,),
        ),
        Library(
            name="sdk-3-polling",
            title="the SDK's `create_and_poll` and `submit_tool_outputs_and_poll`, 3.x",
            app="sdk_polling:App",
            shown=("openai",),
            pins=(NEWEST,),
        ),
        Library(
            name="sdk-3-streaming",
            title="the SDK's `AssistantEventHandler`",
            app="sdk_streaming:App",
            shown=("openai",),
            pins=(NEWEST,),
        ),
        Library(
            name="langchain",
            title="LangChain's `OpenAIAssistantRunnable` in an `AgentExecutor`",
            app="langchain_agent:App",
            shown=("langchain", "openai"),
            pins=("langchain==0.3.30", LAST_1),
        ),
        Library(
            name="llama-index",
            title="LlamaIndex's `OpenAIAssistantAgent`",
            app="llama_index_agent:App",
            shown=("llama-index-agent-openai", "openai"),
            pins=("llama-index-agent-openai==0.4.12", "llama-index-core==0.12.52.post1", LAST_1),
        ),
        Library(
            name="pyautogen",
            title="AutoGen 0.2's `GPTAssistantAgent`",
            app="autogen_agent:App",
            shown=("pyautogen", "openai"),
            pins=("pyautogen==0.2.35", LAST_1),
        ),
        Library(
            name="autogen-ext",
            title="AutoGen 0.7's `OpenAIAssistantAgent`",
            app="autogen_ext_agent:App",
            shown=("autogen-ext", "openai"),
            pins=("autogen-ext[openai]==0.7.5", "autogen-agentchat==0.7.5", LAST_1),
        ),
        Library(
            name="semantic-kernel",
            title="Semantic Kernel's `OpenAIAssistantAgent.get_response`",
            app="semantic_kernel_agent:App",
            shown=("semantic-kernel", "openai"),
            pins=("semantic-kernel==1.45.0", NEWEST),
        ),
        Library(
            name="semantic-kernel-streaming",
            title="Semantic Kernel's `OpenAIAssistantAgent.invoke_stream`",
            app="semantic_kernel_agent:StreamingApp",
            within="semantic-kernel",
            shown=("semantic-kernel", "openai"),
            pins=("semantic-kernel==1.45.0", NEWEST),
        ),
        Library(
            name="agency-swarm",
            title="Agency Swarm 0.7",
            app="agency_swarm_agency:App",
            shown=("agency-swarm", "openai"),
            pins=("agency-swarm==0.7.2", LAST_1),
        ),
        Library(
            name="own-client",
            title="`simulator.client`, of this package",
            app="own_client:App",
            shown=("openai",),
            pins=(NEWEST,),
            extras="[client]",
        ),
    )
}
