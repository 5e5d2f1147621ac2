"""The demo's file: its own is used again, another's is never touched."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from webapp.demo.database_file import DemoFileError, Shop, build, demo_folder, is_ready, url_of


def fill(url: str) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute("CREATE TABLE goods (name)")
    connection.commit()
    connection.close()


def test_a_folder_of_its_own_is_gone_at_the_end() -> None:
    with demo_folder(None) as path:
        build(path, Shop.GENERATED, fill)
        assert is_ready(path, Shop.GENERATED)
    assert not path.parent.exists()


def test_it_is_gone_after_an_interruption_too() -> None:
    with pytest.raises(KeyboardInterrupt), demo_folder(None) as path:
        raise KeyboardInterrupt
    assert not path.parent.exists()


def test_a_kept_file_is_known_again(tmp_path: Path) -> None:
    with demo_folder(tmp_path / "kept.db") as path:
        assert not is_ready(path, Shop.GENERATED)
        build(path, Shop.GENERATED, fill)
    assert is_ready(tmp_path / "kept.db", Shop.GENERATED)
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept.db"]


def test_a_relative_path_is_as_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with demo_folder(Path("kept.db")) as path:
        build(path, Shop.GENERATED, fill)
    assert is_ready(tmp_path / "kept.db", Shop.GENERATED)


def test_a_build_that_fails_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"

    def interrupted(url: str) -> None:
        fill(url)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(path, Shop.GENERATED, interrupted)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "kept.db.building").write_text("left by a kill")
    build(path, Shop.GENERATED, fill)
    assert is_ready(path, Shop.GENERATED)


@pytest.mark.parametrize("content", [b"dear diary", b"SQLite format 3\x00 but not really"])
def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "diary.txt"
    path.write_bytes(content)
    with pytest.raises(DemoFileError, match=r"not a database of the demo.*--keep"):
        is_ready(path, Shop.GENERATED)
    assert path.read_bytes() == content


def test_a_foreign_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    fill(url_of(path))
    before = path.read_bytes()
    with pytest.raises(DemoFileError, match="not a database of the demo"):
        is_ready(path, Shop.GENERATED)
    assert path.read_bytes() == before


def test_the_other_shop_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    build(path, Shop.ONLINE_RETAIL, fill)
    with pytest.raises(DemoFileError, match="holds the imported file, not the generated shop"):
        is_ready(path, Shop.GENERATED)


def test_an_empty_file_may_be_filled(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    path.touch()
    assert not is_ready(path, Shop.GENERATED)


def test_a_folder_or_a_path_in_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DemoFileError, match="is a folder"), demo_folder(tmp_path):
        pass
    with pytest.raises(DemoFileError, match="no folder"), demo_folder(tmp_path / "no" / "shop.db"):
        pass
