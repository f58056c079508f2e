"""Build hook: copies htmx and Swagger UI out of pinned build requirements, so that none is in the repository.

It also runs for editable installs. Each file is pinned by its sha256; a changed file fails the build.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = "src/keepwell/web/static/vendor"
FILES = {  # our name: (package, path in it, sha256)
    "htmx.min.js": (
        "django_htmx",
        "static/django_htmx/htmx-2.min.js",
        "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
    ),
    "swagger-ui-bundle.js": (
        "fastapi_offline",
        "static/swagger-ui-bundle.js",
        "4b5a9b35a1adf37f00d39c0bae23cdb37007e2946240ef035137cc85b4d55349",
    ),
    "swagger-ui.css": (
        "fastapi_offline",
        "static/swagger-ui.css",
        "ca238f7d7c2cf4480c1e77a9c3b9da915ab216e96ffd354e69076560c650c6de",
    ),
}
NOTICE = """\
These files are copied from their projects when Keepwell is built:
htmx.min.js            htmx 2, Zero-Clause BSD licence, https://htmx.org
swagger-ui-bundle.js   Swagger UI, Apache License 2.0, https://swagger.io
swagger-ui.css         Swagger UI, Apache License 2.0, https://swagger.io
"""


class VendorHook(BuildHookInterface[Any]):
    """Fills the folder of third-party browser files."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the plugin's signature
        folder = Path(self.root, VENDOR)
        folder.mkdir(parents=True, exist_ok=True)
        for name, (package, path, pinned) in FILES.items():
            content = (files(package) / path).read_bytes()
            found = hashlib.sha256(content).hexdigest()
            if found != pinned:
                raise RuntimeError(f"{package}/{path} is not the pinned file: sha256 {found}")
            (folder / name).write_bytes(content)
        (folder / "NOTICE").write_text(NOTICE, encoding="utf-8")
