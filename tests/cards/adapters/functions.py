"""The two functions that each of the apps declares: what they do is not what is looked at."""

from __future__ import annotations

from typing import Any

INSTRUCTIONS = "You are a helpful assistant. Use the functions that you have."
MODEL = "gpt-4o"


def get_weather(location: str, unit: str = "fahrenheit") -> str:
    """Get the current weather of a location."""
    return f"It is 72 degrees {unit} and sunny in {location}."


def search_documents(query: str, max_results: int = 5) -> str:
    """Search the internal documents."""
    return "\n".join(f"{number}. On {query}" for number in range(1, min(max_results, 2) + 1))


FUNCTIONS = {"get_weather": get_weather, "search_documents": search_documents}


def tool(name: str, about: str, required: str, optional: str, kind: str) -> dict[str, Any]:
    """Return a function with one argument that it needs and one that it does not, as on the wire."""
    parameters = {
        "type": "object",
        "properties": {required: {"type": "string"}, optional: {"type": kind}},
        "required": [required],
    }
    return {"type": "function", "function": {"name": name, "description": about, "parameters": parameters}}


TOOLS = [
    tool("get_weather", "Get the current weather of a location.", "location", "unit", "string"),
    tool("search_documents", "Search the internal documents.", "query", "max_results", "integer"),
]
