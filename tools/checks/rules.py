"""The rules, each a function from a parsed module or a text to what it found."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MODULE_LINES = 400
FUNCTION_LINES = 40
PARAMETERS = 5
NESTING = 3

# What reads a page at once, though it may still be coming; `expect` of Playwright waits.
READS = {
    *("count", "get_attribute", "input_value", "is_hidden", "is_visible"),
    *("all_inner_texts", "inner_text", "text_content"),
}

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BLOCKS = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)

MACHINE_PATH = re.compile(r"(?<![\w/.:-])/(?:home|root|Users|work|tmp|opt|mnt|srv)/\w|[A-Z]:\\+Users")
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME)\b")


@dataclass(frozen=True, order=True)
class Finding:
    """One excess: `value` where `limit` is allowed."""

    path: str
    line: int
    rule: str
    name: str
    value: int
    limit: int = 0

    @property
    def where(self) -> str:
        """The place as the baseline names it: free of line numbers, so that it survives edits elsewhere."""
        return f"{self.path}::{self.name}" if self.name else self.path

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule} {self.name or ''}: {self.value}, allowed {self.limit}"


def budgets(path: str, text: str) -> Iterator[Finding]:
    """Sizes over budget in a Python module. Functions in tests may take any number of fixtures."""
    lines = len(text.splitlines())
    if lines > MODULE_LINES:
        yield Finding(path, 1, "module", "", lines, MODULE_LINES)
    measures = dict(MEASURES)
    if path.startswith("tests/"):
        del measures["parameters"]
    for name, function in functions(ast.parse(text)):
        for rule, (measure, limit) in measures.items():
            value = measure(function)
            if value > limit:
                yield Finding(path, function.lineno, rule, name, value, limit)


def words(path: str, text: str) -> Iterator[Finding]:
    """Paths that exist on one machine only, and marks of unfinished work."""
    for number, line in enumerate(text.splitlines(), start=1):
        if MACHINE_PATH.search(line):
            yield Finding(path, number, "machine-path", "", 1)
        if UNFINISHED.search(line):
            yield Finding(path, number, "unfinished", "", 1)


def unwaited(path: str, text: str) -> Iterator[Finding]:
    """Assertions of a browser test that read a page without waiting for it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assert):
            read = [each for each in ast.walk(node.test) if _reads(each)]
            if read:
                yield Finding(path, node.lineno, "unwaited", "", len(read))


def _reads(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in READS
    return isinstance(node, ast.Attribute) and ast.unparse(node) == "page.url"


def functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Every function below `node`, with its qualified name."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*FUNCTIONS, ast.ClassDef)):
            name = prefix + child.name
            if not isinstance(child, ast.ClassDef):
                yield name, child
            yield from functions(child, f"{name}.")
        else:
            yield from functions(child, prefix)


def length(function: Function) -> int:
    """Lines from `def` to the end, without the docstring: explaining is free."""
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        first = function.body[0]
        total -= (first.end_lineno or first.lineno) - first.lineno + 1
    return total


def parameters(function: Function) -> int:
    """Parameters that may be given by position, without `self` or `cls`: keywords explain themselves."""
    given = [*function.args.posonlyargs, *function.args.args]
    return len(given) - (bool(given) and given[0].arg in {"self", "cls"})


def nesting(function: Function) -> int:
    """How deep blocks stand in blocks. An inner function starts anew; `elif` is no deeper than its `if`."""
    return max((_depth(child) for child in function.body), default=0)


def _depth(node: ast.AST) -> int:
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return 0
    if isinstance(node, ast.If) and _is_elif(node.orelse):
        return max(1 + _deepest(node.body), _depth(node.orelse[0]))
    return isinstance(node, BLOCKS) + _deepest(list(ast.iter_child_nodes(node)))


def _deepest(nodes: list[ast.stmt] | list[ast.AST]) -> int:
    return max(map(_depth, nodes), default=0)


def _is_elif(orelse: list[ast.stmt]) -> bool:
    return len(orelse) == 1 and isinstance(orelse[0], ast.If)


Measure = Callable[[Function], int]
MEASURES: dict[str, tuple[Measure, int]] = {
    "function": (length, FUNCTION_LINES),
    "parameters": (parameters, PARAMETERS),
    "nesting": (nesting, NESTING),
}
