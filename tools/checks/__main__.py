"""`python -m tools.checks`: read every source file, print what is wrong, and fail if anything is."""

import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from tools.checks import baseline, rules

ROOT = Path(__file__).parents[2]
CODE = ("src", "tests", "tools", "benchmarks")
WORDED = {".css", ".html", ".js", ".json", ".py", ".sql", ".toml", ".txt", ".yaml", ".yml"}
BROWSER_TESTS = "tests/journeys/*browser*.py"
NOT_OURS = {"__pycache__", "node_modules", "vendor"}


def main(root: Path = ROOT) -> int:
    """Check the tree under `root`; the number of complaints is at most 1, as an exit status."""
    files = [path for top in CODE for path in sorted((root / top).rglob("*")) if _is_ours(path)]
    excuses = baseline.read((root / "tools/checks/baseline.toml").read_text())
    found = [finding for path in files for finding in _check(root, path)]
    complaints = list(baseline.complaints(found, excuses))
    for complaint in complaints:
        print(complaint)
    print(f"{len(files)} files, {len(complaints)} complaints")
    return bool(complaints)


def _is_ours(path: Path) -> bool:
    return path.suffix in WORDED and path.is_file() and not NOT_OURS.intersection(path.parts)


def _check(root: Path, path: Path) -> Iterator[rules.Finding]:
    name = path.relative_to(root).as_posix()
    text = path.read_text()
    if path.suffix == ".py":
        yield from rules.budgets(name, text)
    if fnmatch(name, BROWSER_TESTS):
        yield from rules.unwaited(name, text)
    if name.startswith("src/"):
        yield from rules.words(name, text)


if __name__ == "__main__":
    sys.exit(main())
