"""What the documentation says is true: its examples are run, its commands exist, what is generated is fresh.

In the README:

- a `python` block is run, after the blocks above it and in the same namespace; a `text` block right below it
  is what it prints, exactly;
- a block under a line that ends with "`name.py`:" is also written to that file, so that later blocks import
  it; where the name begins with `test_`, pytest runs it instead;
- in a `console` block each line that begins with `$` is a command that exists.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import json
import re
import shlex
import sys
import textwrap
import tomllib
import urllib.request
import warnings
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

import simulator
from simulator.checks.hazards import HAZARDS
from simulator.decorator import DEPRECATION, option_names

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE_NAME = re.compile(r"`([\w/-]+\.py)`:\s*$")


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is that of its first line of content, `expected` what it prints."""

    language: str
    text: str
    line: int
    file: str | None = None
    expected: str | None = None

    @property
    def is_test(self) -> bool:
        return Path(self.file or "").name.startswith("test_")


def blocks_of(page: str) -> list[Block]:
    matches = list(_FENCE.finditer(page))
    found = []
    for number, match in enumerate(matches):
        named = _FILE_NAME.search(page[: match.start()])
        after = matches[number + 1] if number + 1 < len(matches) else None
        prints = after is not None and after[1] == "text" and not page[match.end() : after.start()].strip()
        line = page.count("\n", 0, match.start()) + 2
        found.append(Block(match[1], match[2], line, named and named[1], after[2] if prints else None))
    return found


def run_blocks(blocks: list[Block], name: str, namespace: dict[str, object] | None = None) -> list[str]:
    """Run the python blocks in one namespace; return what printed something else than the page says."""
    namespace = {} if namespace is None else namespace
    namespace["__name__"] = "__main__"
    complaints = []
    for block in blocks:
        if block.language != "python" or block.is_test:
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.filterwarnings("ignore", DEPRECATION, DeprecationWarning)
            # The empty lines make a traceback point to the line of the page.
            exec(compile("\n" * (block.line - 1) + block.text, name, "exec"), namespace)
        if printed.getvalue() != (block.expected or ""):
            complaints.append(f"{name}:{block.line} prints:\n{printed.getvalue()}")
    return complaints


def commands_of(blocks: list[Block]) -> list[str]:
    consoles = [block.text for block in blocks if block.language == "console"]
    return [line[2:].partition("  #")[0].strip() for text in consoles for line in text.splitlines() if line[:2] == "$ "]


def is_known(command: str) -> bool:
    """Whether a command is one that works for a reader of the page."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    words = command.split()
    if words[:2] == ["pip", "install"]:
        extras = [f"{project['name']}[{extra}]" for extra in project["optional-dependencies"]]
        return len(words) == 3 and words[2].strip("'") in {project["name"], *extras}
    if words[0] in project["scripts"]:
        return words[1] in commands_of_the_cli()
    if words[0] == "make":
        return f"\n{words[1]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
    return words[:3] == ["python", "-m", "pytest"]


def commands_of_the_cli() -> set[str]:
    from simulator.cli import app

    return {command.name or command.callback.__name__ for command in app.registered_commands}


# The README.


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to stand in, from which a file of an example is imported; its modules are forgotten after."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture(autouse=True)
def hypothesis_as_it_comes():
    """Readers have no profile of ours, which has no deadline."""
    ours = hypothesis.settings.get_current_profile_name()
    hypothesis.settings.load_profile("default")
    yield
    hypothesis.settings.load_profile(ours)


@pytest.fixture(scope="module")
def blocks():
    return blocks_of(README.read_text(encoding="utf-8"))


def write_files(blocks, folder):
    files = [block for block in blocks if block.file]
    for block in files:
        (folder / block.file).write_text(block.text, encoding="utf-8")
    return files


def test_the_examples_run_and_print_what_the_page_says(blocks, folder):
    assert write_files(blocks, folder)
    assert len([block for block in blocks if block.expected]) > 3
    complaints = run_blocks(blocks, str(README))
    assert not complaints, "\n".join(complaints)


def test_the_tests_among_the_examples_pass(blocks, pytester):
    tests = [block.file for block in write_files(blocks, pytester.path) if block.is_test]
    assert len(tests) == 2
    # pytest-asyncio warns where it is not configured, which is not ours to do.
    options = ("-W", "error", "-p", "no:asyncio", "-p", "assistants_simulator.pytest_entry")
    result = pytester.runpytest_subprocess(*options, *tests)
    result.assert_outcomes(passed=2)


def test_the_page_of_the_server_is_true(folder):
    pytest.importorskip("uvicorn", reason="the extra `server` is not installed")
    page = ROOT / "docs" / "server.md"
    found = blocks_of(page.read_text(encoding="utf-8"))
    assert run_blocks(found, str(page)) == []
    curls = [command for command in commands_of(found) if command.startswith("curl ")]
    assert [command for command in commands_of(found) if command not in curls and not is_known(command)] == []
    assert [posted(command) for command in curls] == [{"ok": True}]


def posted(curl: str) -> object:
    """What a simulator answers to the request of a curl command, whose port is that of the page."""
    from simulator import Simulator
    from simulator.server import serving

    _, url, header, named, data, body = shlex.split(curl)
    assert (header, data) == ("-H", "-d")
    with serving(Simulator()) as base_url:
        address = url.replace("http://127.0.0.1:8000", base_url.removesuffix("/v1"))
        request = urllib.request.Request(address, body.encode(), dict([named.split(": ")]))
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return json.load(answer)


@pytest.mark.filterwarnings(f"ignore:{DEPRECATION}:DeprecationWarning")
def test_the_page_of_files_is_true(folder):
    page = ROOT / "docs" / "files.md"
    found = blocks_of(page.read_text(encoding="utf-8"))
    assert run_blocks(found, str(page)) == []
    assert len([block for block in found if block.expected]) == 2
    assert list(folder.iterdir()) == []


def test_the_page_of_the_timeline_is_true(folder):
    page = ROOT / "docs" / "timeline.md"
    found = blocks_of(page.read_text(encoding="utf-8"))
    assert run_blocks(found, str(page)) == []
    assert (folder / "timeline.html").read_text(encoding="utf-8").count("<h1>A greeting</h1>") == 1
    assert [command for command in commands_of(found) if not is_known(command)] == []


def test_the_page_of_the_checks_is_true(folder):
    page = ROOT / "docs" / "checks.md"
    found = blocks_of(page.read_text(encoding="utf-8"))
    write_files(found, folder)
    namespace = {}
    assert run_blocks(found, str(page), namespace) == []
    assert namespace["TestWeather"].settings.deadline is None, "200 ms are less than a machine takes"
    namespace["TestWeather"]("runTest").debug()
    assert [command for command in commands_of(found) if not is_known(command)] == []


def test_the_page_of_the_doctor_is_true(folder):
    page = ROOT / "docs" / "doctor.md"
    found = blocks_of(page.read_text(encoding="utf-8"))
    write_files(found, folder)
    assert run_blocks(found, str(page)) == []
    assert len([block for block in found if block.expected]) == 2
    assert [command for command in commands_of(found) if not is_known(command)] == []


def test_the_doctor_leads_to_each_hazard():
    page = (ROOT / "docs" / "hazards.md").read_text(encoding="utf-8")
    assert [hazard.id for hazard in HAZARDS if f'<a id="{hazard.id}"></a>' not in page] == []


def test_every_word_for_what_went_wrong_is_explained():
    from simulator.report.rows import Trouble

    page = (ROOT / "docs" / "timeline.md").read_text(encoding="utf-8")
    assert [word for word in Trouble if f"| {word} | " not in page] == []


def test_the_page_of_the_other_surface_is_true(folder):
    page = ROOT / "docs" / "responses.md"
    found = blocks_of(page.read_text(encoding="utf-8"))
    assert run_blocks(found, str(page)) == []
    assert len([block for block in found if block.expected]) == 1


def test_the_page_of_moves_is_true(monkeypatch):
    monkeypatch.chdir(ROOT)
    page = ROOT / "docs" / "migrating.md"
    found = blocks_of(page.read_text(encoding="utf-8"))
    assert run_blocks(found, str(page)) == []
    assert [command for command in commands_of(found) if not is_known(command)] == []


def test_the_page_of_the_client_is_true(folder):
    page = ROOT / "docs" / "client.md"
    found = blocks_of(page.read_text(encoding="utf-8"))
    assert len([block for block in found if block.expected]) == 3
    assert run_blocks(found, str(page)) == []
    assert [command for command in commands_of(found) if not is_known(command)] == []


def test_the_page_of_the_client_names_what_is_public():
    import simulator.client

    page = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
    handed_out = {"Entry", "Event", "Execution", "FunctionCall", "Part", "Refusal", "Reply", "Retired", "Text", "Image"}
    handed_out |= {"Backoff", "FunctionOptions", "MemoryStore", "ThreadStore", "Usage", "UserRecord"}
    assert [name for name in simulator.client.__all__ if name not in page and name not in handed_out] == []


def test_the_commands_exist(blocks):
    commands = commands_of(blocks)
    assert len(commands) > 3
    assert [command for command in commands if not is_known(command)] == []


def test_each_option_and_each_turn_is_named():
    page = README.read_text(encoding="utf-8")
    assert [name for name in option_names() if not re.search(rf"\b{name}\b", page)] == []
    assert [name for name in simulator.turns.__all__ if f"{name}(" not in page] == []


def test_the_readme_stays_short():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 380


PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("path", [README, ROOT / "CONTRIBUTING.md", *PAGES], ids=lambda path: path.stem)
def test_links_lead_somewhere(path):
    prose = _FENCE.sub("", path.read_text(encoding="utf-8"))
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", prose):
        linked = (path.parent / target) if target else path
        assert linked.is_file(), f"{path} links to {target}"
        headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
        assert not anchor or anchor in {heading.lower().replace(" ", "-") for heading in headings}


def test_each_page_stands_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[\w+\]\((\w+\.md)\) \|", index, re.MULTILINE)
    assert sorted([*listed, "README.md"]) == [page.name for page in PAGES]


# What is generated.


@pytest.fixture(scope="module")
def generate():
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_generated_is_fresh(generate):
    stale = [
        page.name for page in generate.PAGES if generate.generated(page.read_text("utf-8")) != page.read_text("utf-8")
    ]
    assert not stale, f"{stale} and the code disagree: run `make docs`."


def test_every_generated_block_stands_on_a_page(generate):
    pages = "".join(page.read_text("utf-8") for page in generate.PAGES)
    assert sorted(re.findall(r"<!-- generated: ([a-z-]+) -->", pages)) == sorted(generate.BLOCKS)


def test_a_stale_table_would_be_noticed(generate):
    page = "x\n<!-- generated: step-transitions -->\nold\n<!-- end -->\ny"
    fresh = generate.generated(page)
    assert "old" not in fresh
    assert "| `in_progress` | `expire` | `expired` |" in fresh
    assert generate.generated(fresh) == fresh


def test_every_refusal_of_the_api_stands_in_the_table(generate):
    from simulator.api.refusals import FAMILIES
    from simulator.api.refusals.refusal import Refusal

    table = generate.refusal_texts()
    classes = [one for family in FAMILIES for one in vars(family).values() if isinstance(one, type)]
    codes = {one.code for one in classes if issubclass(one, Refusal)}
    assert [code for code in codes if code and f"`{code}`" not in table] == []
    assert "`Can't add messages to {thread_id} while a run {run_id} is active.`" in table


# Docstrings.


def docstring_examples() -> list[tuple[str, str]]:
    """The indented blocks of docstrings that import from the package, each with its module."""
    found = []
    for file in sorted((ROOT / "simulator").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                examples = re.findall(r"(?:^    .*\n|^\n)+", f"{ast.get_docstring(node) or ''}\n", re.MULTILINE)
                found += [(file.name, textwrap.dedent(one)) for one in examples if "from simulator import" in one]
    return found


def test_there_are_examples_in_docstrings():
    assert docstring_examples()


@pytest.mark.parametrize("module,example", docstring_examples())
def test_the_examples_of_docstrings_run(module, example):
    if "simulator.server" in example:
        pytest.importorskip("uvicorn", reason="the extra `server` is not installed")
    exec(compile(example, module, "exec"), {})


# The rules, on pages that break them.


def test_an_example_that_prints_something_else_is_named():
    page = "# Page\n\n```python\nprint(1)\n```\n\n```text\n2\n```\n"
    assert run_blocks(blocks_of(page), "page.md") == ["page.md:4 prints:\n1\n"]


def test_an_example_that_prints_what_the_page_keeps_to_itself_is_named():
    assert run_blocks(blocks_of("```python\nprint(1)\n```\n\nWords.\n\n```text\n1\n```\n"), "page.md")


def test_an_example_that_fails_says_where():
    with pytest.raises(ZeroDivisionError) as caught:
        run_blocks(blocks_of("# Page\n\n```python\nx = 1\n1 / 0\n```\n"), "page.md")
    last = caught.traceback[-1]
    assert (last.frame.code.raw.co_filename, last.lineno + 1) == ("page.md", 5)


@pytest.mark.parametrize(
    "command", ["pip install assistants", "assistants-simulator nurse", "make coffee", "rm -rf build"]
)
def test_a_command_that_is_none_is_named(command):
    assert not is_known(command)


def test_the_file_of_a_block_is_the_one_named_right_above():
    page = "See `a.py`:\n\n```python\nx = 1\n```\n\nThen:\n\n```python\ny = 1\n```\n"
    assert [block.file for block in blocks_of(page)] == ["a.py", None]
