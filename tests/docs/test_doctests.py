"""The examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import keepwell

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(keepwell.__path__, "keepwell.")
    if ".migrations" not in module.name  # run by Alembic, not imported
)
FINDER = doctest.DocTestFinder(exclude_empty=True)


def examples(name):
    module = importlib.import_module(name)
    return [test for test in FINDER.find(module, name) if test.examples]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in examples(name):
        runner.run(test)

    assert runner.failures == 0


def test_there_are_examples():
    assert sum(len(examples(name)) for name in MODULES) >= 3
