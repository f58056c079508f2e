"""Our own rules catch what they are for, and nothing else."""

import ast
from pathlib import Path

import pytest

from tools.checks import baseline, rules
from tools.checks.__main__ import main

ONE_LINE = "def f():\n    pass\n"


def found(text: str, path: str = "src/keepwell/some.py") -> list[tuple[str, str, int]]:
    return [(finding.rule, finding.name, finding.value) for finding in rules.budgets(path, text)]


def function(text: str) -> rules.Function:
    node = ast.parse(text).body[0]
    assert isinstance(node, rules.FUNCTIONS)
    return node


@pytest.mark.parametrize(("lines", "findings"), [(400, []), (401, [("module", "", 401)])])
def test_module_length(lines, findings):
    assert found("x = 1\n" * lines) == findings


@pytest.mark.parametrize(("lines", "findings"), [(39, []), (40, [("function", "f", 41)])])
def test_function_length(lines, findings):
    assert found("def f():\n" + "    pass\n" * lines) == findings


def test_a_docstring_does_not_count_as_length():
    assert found('def f():\n    """Why.\n' + "\n" * 60 + '    """\n') == []


def test_functions_are_found_in_classes_functions_and_blocks():
    text = "class A:\n    def b(self):\n        def c(): pass\nif True:\n    async def d(): pass\n"
    assert [name for name, _ in rules.functions(ast.parse(text))] == ["A.b", "A.b.c", "d"]


@pytest.mark.parametrize(
    ("signature", "count"),
    [
        ("", 0),
        ("a, /, b", 2),
        ("a, *, b, c", 1),
        ("a, *rest, **more", 1),
        ("self, a", 1),
    ],
)
def test_parameters(signature, count):
    assert rules.parameters(function(f"def f({signature}): pass")) == count


def test_parameters_of_a_method_are_counted_without_self():
    assert found("class A:\n    def b(self, a, b, c, d, e): pass\n") == []
    assert found("class A:\n    @classmethod\n    def b(cls, a, b, c, d, e, f): pass\n") == [("parameters", "A.b", 6)]


def test_tests_may_ask_for_many_fixtures_and_nobody_else():
    text = "def f(a, b, c, d, e, f): pass\n"
    assert found(text, "tests/alerts/test_decide.py") == []
    assert found(text) == [("parameters", "f", 6)]


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        ("pass", 0),
        ("[x for x in y if x]", 0),
        ("if a: pass\nelif b: pass\nelse: pass", 1),
        ("if a: pass\nelif b:\n  for c in d: pass", 2),
        ("if a: pass\nelse:\n  if b: pass\n  pass", 2),
        ("for a in b:\n  while c:\n    with d:\n      try: pass\n      except E: pass", 4),
        ("try: pass\nexcept E:\n  if a: pass", 2),
        ("match a:\n  case 1:\n    if b: pass", 2),
        ("if a:\n  def g():\n    if b: pass", 1),
    ],
)
def test_nesting(body, depth):
    indented = "\n".join("  " + line for line in body.splitlines())
    assert rules.nesting(function(f"def f():\n{indented}")) == depth


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("open('/home/ann/x')", ["machine-path"]),
        ("data = /tmp/x", ["machine-path"]),
        ("C:" + r"\Users", ["machine-path"]),
        ("TO" + "DO: later", ["unfinished"]),
        ("GET /v1/customers", []),
        ("see docs/home/index", []),
        ("mastodon", []),
    ],
)
def test_words(line, caught):
    assert [finding.rule for finding in rules.words("src/keepwell/x.py", line)] == caught


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("assert page.locator('tr').count() == 2", 1),
        ("assert not page.get_by_text('x').is_visible()", 1),
        ("assert 'a' in page.url and link.get_attribute('href') == title.inner_text()", 3),
        ("assert server.url", 0),
        ("assert page.goto(page.url.removesuffix('a'))", 1),
        ("expect(page.locator('tr')).to_have_count(2)", 0),
        ("before = page.locator('tr').count()", 0),
        ("live.until(lambda: page.locator('tr').count() == 2)", 0),
    ],
)
def test_assertions_wait_for_the_page(line, caught):
    assert sum(finding.value for finding in rules.unwaited("tests/journeys/test_a_browser.py", line)) == caught


EXCESS = rules.Finding("src/a.py", 7, "function", "f", 44, 40)


@pytest.mark.parametrize(
    ("value", "complaint"),
    [(43, "src/a.py:7: function f: 44, allowed 40"), (44, None), (50, "can be lowered to 44")],
)
def test_the_baseline_excuses_exactly_what_is_there(value, complaint):
    excuse = baseline.Excuse("function", "src/a.py::f", value, "reads as the flow")
    said = list(baseline.complaints([EXCESS], [excuse]))
    assert said == [] if complaint is None else complaint in said[0]


def test_an_excuse_without_an_excess_is_a_complaint():
    excuse = baseline.Excuse("module", "src/gone.py", 500, "once needed")
    assert "or removed" in next(baseline.complaints([], [excuse]))


def test_an_excuse_needs_a_reason():
    with pytest.raises(ValueError, match="no reason given"):
        baseline.read("[[excess]]\nrule = 'module'\nwhere = 'src/a.py'\nvalue = 500\nreason = ' '\n")


def test_the_command_reads_a_tree(tmp_path: Path, capsys):
    for path, text in {
        "tools/checks/baseline.toml": "",
        "src/keepwell/good.py": ONE_LINE,
        "src/keepwell/vendor/bad.js": "FIX" + "ME",
        "tests/test_a.py": "# FIX" + "ME belongs to the tests",
        "tests/journeys/test_a.py": "assert 'aa'.count('a') == 2",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert main(tmp_path) == 0
    (tmp_path / "src/keepwell/page.html").write_text("FIX" + "ME")
    assert main(tmp_path) == 1
    assert "src/keepwell/page.html:1: unfinished" in capsys.readouterr().out
    (tmp_path / "src/keepwell/page.html").unlink()
    (tmp_path / "tests/journeys/test_a_browser.py").write_text("assert page.locator('tr').count() == 2")
    assert main(tmp_path) == 1
    assert "tests/journeys/test_a_browser.py:1: unwaited" in capsys.readouterr().out
