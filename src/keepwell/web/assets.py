"""Style, script and icon, addressed by what they contain, so that a browser may keep them for ever."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.responses import Response

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file, read once."""

    content: bytes
    digest: str
    type: str


class Assets:
    """The files of a folder, and those of others in `vendor`."""

    def __init__(self, folder: Path) -> None:
        paths = [*folder.iterdir(), *(folder / "vendor").glob("*")]
        self._assets = {path.name: _read(path) for path in paths if path.suffix in TYPES}

    def url(self, name: str) -> str:
        """Where a file is found as long as it does not change."""
        return f"/static/{self._assets[name].digest}/{name}"

    def answer(self, digest: str, name: str) -> Response | None:
        """The file, if it exists with that content."""
        asset = self._assets.get(name)
        if asset is None or asset.digest != digest:
            return None
        return Response(asset.content, media_type=asset.type, headers={"Cache-Control": FOR_EVER})


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(content, sha256(content).hexdigest()[:12], TYPES[path.suffix])
