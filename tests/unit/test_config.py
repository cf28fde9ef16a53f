from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.config import Config, load_config, project_root, with_flags
from codeopt.edit import Trust
from codeopt.errors import ConfigError


def write(tmp_path: Path, body: str) -> Path:
    file = tmp_path / "pyproject.toml"
    file.write_text("[project]\nname = 'x'\n\n[tool.codeopt]\n" + body)
    return file


def test_values_are_read_and_flags_win(tmp_path: Path) -> None:
    write(tmp_path, "allow = 'precision'\nbudget = 7\nmin-saving = 10\nselect = ['MEM1']\n")
    config = load_config(None, tmp_path)
    assert config == Config(allow=Trust.PRECISION, budget=7, min_saving=10.0, select=("MEM1",))
    flags = with_flags(config, {"budget": 9, "select": (), "seed": None})
    assert (flags.budget, flags.select, flags.seed) == (9, ("MEM1",), 0)


def test_no_file_means_defaults(tmp_path: Path) -> None:
    assert load_config(None, tmp_path) == Config()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("budget = 1\nbugdet = 2\n", ":6: unknown key 'bugdet'"),
        ("budget = 'many'\n", ":5: budget must be a whole number"),
        ("budget = true\n", "whole number"),
        ("allow = 'anything'\n", "must be one of exact"),
        ("select = 'MEM1'\n", "list of strings"),
        ("objective = 'size'\n", "peak, time or both"),
        ("budget = \n", "not valid TOML"),
    ],
)
def test_mistakes_name_file_line_and_key(tmp_path: Path, body: str, words: str) -> None:
    file = write(tmp_path, body)
    with pytest.raises(ConfigError) as caught:
        load_config(None, tmp_path)
    assert words in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_missing_file_that_was_asked_for_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such"):
        load_config(tmp_path / "other.toml", tmp_path)


def test_the_root_is_the_nearest_marker(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert project_root(deep) == tmp_path.resolve()
