from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from sabotage._patches import Patch, SabotageError, applied, read_patches
from sabotage._pytest import ended
from sabotage._runner import copy_tree, try_patch, try_patches

if TYPE_CHECKING:
    from pathlib import Path

CODE = "def is_adult(age):\n    return age >= 18\n"
TESTS = """
import pytest
from shop import is_adult

def test_the_birthday_counts():
    assert is_adult(18)

@pytest.mark.parametrize("age", [5, 17])
def test_a_child_is_no_adult(age):
    assert not is_adult(age)

class TestOther:
    def test_nothing(self):
        assert True

@pytest.mark.skip(reason="no browser")
def test_in_a_browser():
    pass

def test_red_anyway():
    assert False
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "shop.py").write_text(CODE)
    (root / "test_shop.py").write_text(TESTS)
    (root / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    (root / ".gitignore").write_text("secret.txt\n")
    (root / "secret.txt").write_text("not copied")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


def patch(**changes: Any) -> Patch:
    fields = {
        "name": "the birthday does not count",
        "file": "shop.py",
        "old": "age >= 18",
        "new": "age > 18",
        "tests": ("test_shop.py::test_the_birthday_counts",),
    }
    return Patch(**{**fields, **changes})


def silent(_: object) -> None:
    """Say nothing."""


def test_a_patch_that_its_test_notices_passes(tree: Path) -> None:
    said: list[object] = []

    [verdict] = try_patches(tree, [patch()], say=said.append)

    assert verdict.is_noticed
    assert str(said[0]).startswith("red ")
    assert (tree / "shop.py").read_text() == CODE


def test_a_test_that_stays_green_is_named(tree: Path) -> None:
    sleepy = "test_shop.py::TestOther::test_nothing"
    both = ("test_shop.py::test_the_birthday_counts", sleepy)

    [verdict] = try_patches(tree, [patch(tests=both)], say=silent)

    assert verdict.unmoved == {sleepy: "passed"}
    assert sleepy in str(verdict)


def test_one_red_parameter_is_enough(tree: Path) -> None:
    tests = ("test_shop.py::test_a_child_is_no_adult",)

    [verdict] = try_patches(tree, [patch(new="age >= 17", tests=tests)], say=silent)

    assert verdict.is_noticed


def test_patches_do_not_add_up(tree: Path) -> None:
    harmless = patch(name="harmless", old="is_adult(age):", new="is_adult(age): ")
    copy = copy_tree(tree, tree.parent / "copy")

    noticed = [try_patch(copy, each).is_noticed for each in (patch(), harmless, patch())]

    assert noticed == [True, False, True]


def test_no_two_patches_of_a_file_share_a_time(tree: Path) -> None:
    """Else Python would take the bytecode of the one for the other's, when the size agrees too."""
    file = tree / "shop.py"
    before = file.stat().st_mtime_ns
    times = {int(file.stat().st_mtime)}
    for _ in range(3):
        with applied(tree, patch()):
            times.add(int(file.stat().st_mtime))

    assert len(times) == 4
    assert file.stat().st_mtime_ns == before
    assert file.read_text() == CODE


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"old": "age > 18"}, "found 0 times"),
        ({"old": "age"}, "found 2 times"),
        ({"new": "age >="}, "would not compile"),
        ({"file": "gone.py"}, "there is no gone.py"),
        ({"tests": ("test_shop.py::test_red_anyway",)}, "not green without any patch"),
        ({"tests": ("test_shop.py::test_gone",)}, "not green without any patch"),
    ],
)
def test_a_patch_that_proves_nothing_is_an_error(
    tree: Path, changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(SabotageError, match=complaint):
        try_patches(tree, [patch(**changes)], say=silent)


def test_a_patch_whose_test_skips_here_is_left_out_aloud(tree: Path) -> None:
    said: list[object] = []

    verdicts = try_patches(
        tree, [patch(tests=("test_shop.py::test_in_a_browser",))], say=said.append
    )

    assert verdicts == []
    assert "left out: the birthday does not count" in str(said[0])


def test_the_copy_holds_what_git_would_add_and_nothing_else(tree: Path, tmp_path: Path) -> None:
    copy = copy_tree(tree, tmp_path / "copy")

    assert {path.name for path in copy.iterdir()} == {
        ".gitignore",
        "pytest.ini",
        "shop.py",
        "test_shop.py",
    }


def test_a_test_that_was_not_run_is_missing_not_green() -> None:
    assert ended({"a.py::test_x_too": "passed"}, "a.py::test_x") == "missing"
    assert (
        ended({"a.py::test_x[1]": "skipped", "a.py::test_x[2]": "passed"}, "a.py::test_x")
        == "passed"
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[[patch]]\nname = "half"\n', "half: a patch has"),
        ('[[patch]]\nname="n"\nfile="f"\nold="o"\nnew="n"\ntests=[]\n', "n: a patch has"),
        ('[[patch]]\nname="n"\nfile="f"\nold="o"\nnew="n"\ntests=["t"]\n' * 2, "one name"),
    ],
)
def test_a_list_with_a_fault_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "patches.toml").write_text(text)

    with pytest.raises(SabotageError, match=complaint):
        read_patches(tmp_path)
