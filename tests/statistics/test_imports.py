"""The statistics are light to import."""

import subprocess
import sys


def test_scipy_is_imported_when_it_is_used():
    code = (
        "import sys\n"
        "from keepwell.statistics import common, failures, limits, shift, silence, trend\n"
        "assert 'scipy' not in sys.modules\n"
        "common.place(1, 1.0, 0.4)\n"
        "assert 'scipy' in sys.modules\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
