"""The examples run as they are, here on the simulator."""

from __future__ import annotations

import ast
import asyncio
import base64
import importlib.util
import sys
import time
from pathlib import Path

import pytest

from simulator import Simulator, call, call_tools, image, run_code, say, search_files

FOLDER = Path(__file__).parents[2] / "examples"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def example(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", FOLDER / f"{name}.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)  # where dataclasses look for types
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def sim():
    with Simulator(time="threads").intercept() as sim:
        yield sim


def test_weather(sim, capsys):
    cities = [call("get_weather", location=city) for city in ("Paris", "London", "Atlantis")]
    sim.script(call_tools(*cities), say("It is warmer in Paris."))
    example("weather").main()
    unknown = '{"error":"There is no station in Atlantis.","stations":["london","oslo","paris"]}'
    assert capsys.readouterr().out.splitlines() == [
        'get_weather({"location": "Paris"}) → {"location":"Paris","temperature":22.0,"unit":"celsius"}',
        'get_weather({"location": "London"}) → {"location":"London","temperature":17.5,"unit":"celsius"}',
        f'get_weather({{"location": "Atlantis"}}) → {unknown}',
        "It is warmer in Paris.",
    ]


def test_document_retrieval(tmp_path, capsys):
    (tmp_path / "handbook.md").write_text("There are thirty days of leave.", encoding="utf-8")
    (tmp_path / "faq.md").write_text("Coffee is free.", encoding="utf-8")

    def brain(view):
        if not view.tools_called:
            return search_files("days of leave")
        handbook = view.files[0]
        cited = {"type": "file_citation", "text": "[1]", "file_citation": {"file_id": handbook}}
        return say("Thirty days [1].", annotations=[cited])

    paths = [str(tmp_path / name) for name in ("handbook.md", "faq.md")]
    with Simulator(brain).intercept() as sim:
        example("document_retrieval").main(*paths, "How many days of leave are there?")
    assert capsys.readouterr().out == "Thirty days [1].\nSources: handbook.md\n"
    deleted = [one.operation for one in sim.requests if one.method == "DELETE"]
    assert deleted == ["threads.delete", "assistants.delete", "vector_stores.delete", "files.delete", "files.delete"]


def test_csv_analysis(sim, tmp_path, capsys):
    table = tmp_path / "sales.csv"
    table.write_text("month,sales\n1,10\n2,20\n", encoding="utf-8")
    sim.script(run_code("plot()", images=[PNG]), say(image(PNG), "Sales double.", chunks=2))
    example("csv_analysis").main(str(table), "Draw the sales by month.")
    assert capsys.readouterr().out == "Sales double.\nChart: sales-1.png\n"
    assert (tmp_path / "sales-1.png").read_bytes() == PNG


def test_the_support_bot_over_days(sim, tmp_path):
    module, path = example("support_bot"), str(tmp_path / "threads.db")
    sim.script(call("find_order", number=17), say("It is shipped."), when="17")
    sim.script(say("You are welcome."), when="Thanks")
    sim.script(call("find_order", number=17), say("That is not yours."), when="too")
    lines = ["anna: Where is order 17?", "bob: Is it mine, too?"]
    assert asyncio.run(module.serve(path, lines)) == ["anna ← It is shipped.", "bob ← That is not yours."]
    assert sorted(one.output for one in sim.calls) == [
        '{"error":"This user has no order 17."}',
        '{"order":17,"status":"shipped"}',
    ]
    time.sleep(29 * module.DAY)
    assert asyncio.run(module.serve(path, ["anna: Thanks!"])) == ["anna ← You are welcome."]
    assert [one.operation for one in sim.requests].count("threads.create") == 2
    time.sleep(2 * module.DAY)
    asyncio.run(module.serve(path, []))  # bob's thread was idle for 31 days
    assert [one.operation for one in sim.requests].count("threads.delete") == 1


def test_the_examples_name_no_host_and_no_simulator():
    files = sorted(FOLDER.glob("*.py"))
    assert len(files) == 5
    for file in files:
        imported = {
            node.module for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
        }
        own = set() if file.stem == "thorough_bot" else {"simulator.client"}  # that one is written on the SDK alone
        assert {name for name in imported if name.startswith("simulator")} == own
        assert "base_url" not in file.read_text("utf-8")
