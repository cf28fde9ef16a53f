"""The schema says what the reader of the configuration accepts, and what its page tells."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from codeopt.config import Config, load_config
from codeopt.config_schema import MEANINGS, config_schema
from codeopt.errors import ConfigError
from tests.tools import program

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
GOOD = [
    "[project]\nname = 'x'\n",
    "[tool.other]\nanything = 1\n\n[tool.codeopt]\n",
    "[tool.codeopt]\nallow = 'precision'\nbudget = 7\nmin-saving = 10\ntimeout = 1.5\n",
    "[tool.codeopt]\nselect = ['MEM1']\norigins = ['traced', 'none']\nisolation = 'rlimits'\n",
]
BAD = [
    "[tool.codeopt]\nbugdet = 2\n",
    "[tool.codeopt]\nmin_saving = 2\n",
    "[tool.codeopt]\nbudget = 'many'\n",
    "[tool.codeopt]\nbudget = true\n",
    "[tool.codeopt]\nallow = 'anything'\n",
    "[tool.codeopt]\nselect = 'MEM1'\n",
    "[tool.codeopt]\nobjective = 'size'\n",
    "[tool.codeopt]\norigins = ['heaven']\n",
    "[tool]\ncodeopt = 3\n",
]


def keys() -> dict[str, dict[str, Any]]:
    properties = config_schema()["$defs"]["codeopt"]["properties"]
    assert isinstance(properties, dict)
    return properties


def test_every_key_has_a_meaning_and_its_default() -> None:
    defaults = {name.replace("_", "-"): value for name, value in vars(Config()).items()}
    assert set(MEANINGS) == set(defaults)
    told = {key: schema["default"] for key, schema in keys().items()}
    assert told == {key: list(v) if isinstance(v, tuple) else v for key, v in defaults.items()}


def test_the_page_says_the_same() -> None:
    rows = re.findall(
        r"^\| `([\w-]+)` \| `(.+?)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {key: (json.loads(default), meaning) for key, default, meaning in rows} == {
        key: (schema["default"], schema["description"]) for key, schema in keys().items()
    }


@pytest.mark.parametrize("text", GOOD + BAD)
def test_an_independent_checker_agrees_with_the_reader(tmp_path: Path, text: str) -> None:
    checker = program("check-jsonschema==0.39.0", "check-jsonschema")
    schema, file = tmp_path / "schema.json", tmp_path / "pyproject.toml"
    schema.write_text(json.dumps(config_schema()))
    file.write_text(text)
    command = [str(checker), "--schemafile", str(schema), str(file)]
    accepted = subprocess.run(command, capture_output=True, text=True).returncode == 0
    assert accepted is (text in GOOD)
    if accepted:
        load_config(None, tmp_path)
    else:
        with pytest.raises(ConfigError):
            load_config(None, tmp_path)


def test_the_schema_itself_is_one(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(config_schema()))
    command = [
        str(program("check-jsonschema==0.39.0", "check-jsonschema")),
        "--check-metaschema",
        str(schema),
    ]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
