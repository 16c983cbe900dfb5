"""Mutants of a module: each is its source with one small mistake in it.

mutmut makes most of the mistakes. Ours are three that it does not know, and that matter where decisions stand in
tables: a row that is missing, a condition that is turned round, a call that is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import libcst as cst
from libcst import matchers as m
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper, ParentNodeProvider
from mutmut.mutation.mutators import mutation_operators, operator_string

from .targets import ROOT


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A module with one mistake.

    Args:
        path: of the module, from the root of the project.
        line: where the mistake is.
        function: the outermost function whose body it is in, as `Gate.find`; None: it is in no function's body.
        was, now: the lines that it changes, joined.
        source: of the whole module.
    """

    path: str
    line: int
    function: str | None
    was: str
    now: str
    source: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}\n    - {self.was}\n    + {self.now}"


def mutants(path: str) -> Iterator[Mutant]:
    """Yield the mutants of a module, once each."""
    source = (ROOT / path).read_text(encoding="utf-8")
    wrapper = MetadataWrapper(cst.parse_module(source))
    visitor = _Mistakes()
    wrapper.visit(visitor)
    seen = {source}
    spans = wrapper.resolve(ByteSpanPositionProvider)
    for node, wrong, function in visitor.found:
        mutated = _replaced(source, wrapper.module, node, wrong, spans.get(node))
        if mutated not in seen:
            seen.add(mutated)
            line, was, now = _changed(source, mutated)
            yield Mutant(path=path, line=line, function=function, was=was, now=now, source=mutated)


class _Mistakes(cst.CSTVisitor):
    """Finds what can be wrong: a node, what may stand in its place, and the function that it is in."""

    METADATA_DEPENDENCIES = (ParentNodeProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[cst.CSTNode, Any, str | None]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _decides_nothing(node):
            return False
        if m.matches(node, m.Call(func=m.Name("cast"))):  # forgets its first argument
            cst.ensure_type(node, cst.Call).args[1].visit(self)
            return False
        for kind, operator in (*mutation_operators, *OURS):
            if isinstance(node, kind):
                wrongs = list(operator(node))
                # Of a text in other letters, and in capitals, nothing is learned that one between XX did not say.
                del wrongs[1 if operator is operator_string else len(wrongs) :]
                self.found += [(node, wrong, self._function(node)) for wrong in wrongs if _says_another(node, wrong)]
        return True

    def _function(self, node: cst.CSTNode) -> str | None:
        """Return the outermost function whose body a node is in."""
        names: list[str] = []
        is_inside = False
        while (parent := self.get_metadata(ParentNodeProvider, node, None)) is not None:
            if isinstance(parent, cst.FunctionDef) and node is parent.body:
                names, is_inside = [parent.name.value], True
            elif isinstance(parent, cst.ClassDef):
                names.insert(0, parent.name.value)
            node = parent
        return ".".join(names) if is_inside else None


def _decides_nothing(node: cst.CSTNode) -> bool:
    """Tell whether nothing in a node decides what a program does, or whether any mistake in it stops every program."""
    return m.matches(
        node,
        m.Annotation()
        | m.Decorator()
        | m.Import()
        | m.ImportFrom()
        | m.Arg(keyword=m.Name("strict"))  # an assertion, that no program is meant to fail
        | m.AnnAssign(annotation=m.Annotation(m.Name("TypeAlias")))
        | m.Call(func=m.Name("isinstance") | m.Name("len"))
        | m.Expr(m.SimpleString()),  # a docstring
    )


def _says_another(node: cst.CSTNode, wrong: cst.CSTNode) -> bool:
    """Tell whether a mistake in a call can matter: None is as false as False, and `strict=` is an assertion."""
    if not m.matches(node, m.Call()) or not m.matches(wrong, m.Call()):
        return True
    one, other = cst.ensure_type(node, cst.Call).args, cst.ensure_type(wrong, cst.Call).args
    false, nothing, strict = m.Arg(m.Name("False")), m.Arg(m.Name("None")), m.Arg(keyword=m.Name("strict"))
    changed = [(given, now) for given, now in zip_longest(one, other) if given is not now]
    was, now = changed[0] if changed else (None, None)
    return not (m.matches(was, false) and m.matches(now, nothing)) and not (was is not None and m.matches(was, strict))


def _without_row(node: cst.Dict) -> Iterator[cst.Dict]:
    for index in range(len(node.elements)):
        yield node.with_changes(elements=[*node.elements[:index], *node.elements[index + 1 :]])


def _turned_round(node: cst.If | cst.While) -> Iterator[cst.CSTNode]:
    test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.with_changes(test=cst.UnaryOperation(cst.Not(), test))


def _forgotten(node: cst.Expr) -> Iterator[cst.Expr]:
    if isinstance(node.value, cst.Call | cst.Yield):
        yield node.with_changes(value=cst.Name("None"))


OURS = ((cst.Dict, _without_row), (cst.If, _turned_round), (cst.While, _turned_round), (cst.Expr, _forgotten))


def _replaced(source: str, module: cst.Module, node: cst.CSTNode, wrong: cst.CSTNode, span: CodeSpan | None) -> str:
    """Return a source with a node replaced: as text where that can be, since libcst writes the whole module anew."""
    if span is not None:
        raw, end = source.encode(), span.start + span.length
        if raw[span.start : end].decode() == module.code_for_node(node):
            return f"{raw[: span.start].decode()}{module.code_for_node(wrong)}{raw[end:].decode()}"
    return cst.ensure_type(module.deep_replace(node, wrong), cst.Module).code


def _changed(before: str, after: str) -> tuple[int, str, str]:
    """Return where two texts begin to differ, counted from 1, and the lines that differ of each."""
    one, other = before.splitlines(), after.splitlines()
    line = 1
    while one and other and one[0] == other[0]:
        one, other, line = one[1:], other[1:], line + 1
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return line, " ".join(map(str.strip, one)), " ".join(map(str.strip, other))
