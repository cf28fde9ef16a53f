from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

FOUND = "def total(n):\n    return sum([x * x for x in range(len(n))])  # squares\n"
CLEAN = "def total(n):\n    return n\n"


def test_clean_code_exits_0(project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text(CLEAN)
    done = codeopt("check", ".")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Nothing found in 1 file.\n", "")


def test_a_finding_exits_1_with_its_place(project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text(FOUND)
    done = codeopt("check", "a.py")
    assert done.returncode == 1
    assert done.stdout.startswith("a.py:2:")
    assert "\x1b[" not in done.stdout


def test_json_follows_the_contract_and_its_edits_apply(project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text(FOUND)
    report = json.loads(codeopt("check", "--format", "json").stdout)
    assert report["version"] == 1
    assert set(report) == {"version", "findings", "errors", "stats"}
    (finding,) = report["findings"]
    assert set(finding) == {
        "rule", "name", "path", "line", "column", "end_line", "end_column", "function", "message",
        "trust", "fix",
    }  # fmt: skip
    assert (finding["path"], finding["line"], finding["function"]) == ("a.py", 2, "total")
    data = FOUND.encode()
    for edit in reversed(finding["fix"]["edits"]):
        data = data[: edit["start"]] + edit["text"].encode() + data[edit["end"] :]
    assert data.decode() == "def total(n):\n    return sum(x * x for x in range(len(n)))  # squares\n"
    assert report["stats"]["files"] == 1


def test_fix_writes_exact_rewrites_and_then_exits_0(project: Path, codeopt: Run) -> None:
    file = project / "a.py"
    file.write_bytes(b"\xef\xbb\xbf" + FOUND.replace("\n", "\r\n").encode())
    done = codeopt("check", "--fix")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Fixed 1 finding" in done.stdout
    fixed = file.read_bytes()
    assert (
        fixed == b"\xef\xbb\xbfdef total(n):\r\n    return sum(x * x for x in range(len(n)))  # squares\r\n"
    )


def test_broken_files_are_reported_and_the_rest_is_checked(project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text(FOUND)
    (project / "bad.py").write_text("x = sum([y for y in z])\ndef f(:\n")
    (project / "latin.py").write_bytes(b"a = 1\nb = '\xe9'\n")
    (project / "null.py").write_bytes(b"x = sum([1 for _ in y])\x00\n")
    done = codeopt("check", "--format", "json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert [f["path"] for f in report["findings"]] == ["a.py"]
    errors = {e["path"]: e for e in report["errors"]}
    assert set(errors) == {"bad.py", "latin.py", "null.py"}
    assert errors["bad.py"]["line"] == 2
    assert errors["latin.py"]["line"] == 2


def test_a_syntax_error_alone_is_a_finding_too(project: Path, codeopt: Run) -> None:
    (project / "bad.py").write_text("total = sum([x for x in y)\n")
    done = codeopt("check")
    assert done.returncode == 1
    assert "bad.py:1:" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "nowhere"], "nowhere: no such file or directory"),
        (["check", "--select", "NOPE"], "no rule is called 'NOPE'"),
        (["check", "--config", "none.toml"], "none.toml"),
        (["check", "--format", "yaml"], "yaml"),
        (["explain", "MEM999"], "no rule is called 'MEM999'"),
        (["apply"], "--all"),
        (["apply", "--all"], "run `codeopt suggest` first"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_usage_errors_exit_2_on_stderr(codeopt: Run, arguments: list[str], words: str) -> None:
    done = codeopt(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stdout == ""


def test_an_unknown_configuration_key_exits_2_with_its_line(project: Path, codeopt: Run) -> None:
    (project / "pyproject.toml").write_text("[tool.codeopt]\nbudget = 5\nspeed = 'fast'\n")
    done = codeopt("check")
    assert done.returncode == 2
    assert "pyproject.toml:3: unknown key 'speed'" in done.stderr


def test_suppression_comments(project: Path, codeopt: Run) -> None:
    line = FOUND.splitlines()[1]
    (project / "a.py").write_text(FOUND)
    (code,) = {f["rule"] for f in json.loads(codeopt("check", "--format", "json").stdout)["findings"]}
    variants = {
        "named.py": f"def f(n):\n{line.replace('squares', f'codeopt: ignore[{code}] small')}\n",
        "all.py": f"def f(n):\n{line.replace('squares', 'codeopt: ignore')}\n",
        "noqa.py": f"def f(n):\n{line.replace('squares', f'noqa: {code}')}\n",
        "file.py": f"# codeopt: ignore-file[{code}]\n{FOUND}",
        "other.py": f"def f(n):\n{line.replace('squares', 'codeopt: ignore[MEM998]')}\n",
        "quoted.py": f"text = '# codeopt: ignore-file'\n{FOUND}",
    }
    (project / "a.py").unlink()
    for name, text in variants.items():
        (project / name).write_text(text)
    found = json.loads(codeopt("check", "--format", "json").stdout)["findings"]
    assert sorted({f["path"] for f in found}) == ["other.py", "quoted.py"]


def test_output_goes_to_a_file(project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text(FOUND)
    done = codeopt("check", "--format", "json", "--output", "report.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads((project / "report.json").read_text())["findings"]


def test_explain_and_rules_cover_every_rule(codeopt: Run) -> None:
    listed = json.loads(codeopt("rules", "--format", "json").stdout)["rules"]
    assert len(listed) >= 15
    page = codeopt("explain", listed[0]["name"]).stdout
    assert listed[0]["code"] in page
    assert "When it is safe" in page


def test_check_imports_nothing_heavy(project: Path) -> None:
    """`check` on a file with sites of every area leaves torch, NumPy, memray and Hypothesis alone."""
    (project / "a.py").write_text(
        FOUND + "import numpy as np\nimport torch\nimport pandas as pd\n"
        "def f(x):\n    y = np.exp(x)\n    z = y * 2\n    for line in open('f').readlines():\n"
        "        a = np.zeros(9)\n        print(a.sum())\n    return z\n"
    )
    program = (
        "import sys\nfrom codeopt.cli import main\n"
        "try:\n    main(['check', 'a.py'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'torch', 'numpy', 'memray', 'hypothesis', 'pandas', 'sklearn', 'scipy'}\n"
        "heavy &= set(sys.modules)\n"
        "print('heavy:', sorted(heavy), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=True
    )
    assert done.stderr == "heavy: []\n"


def findings(done: subprocess.CompletedProcess[str]) -> object:
    report = json.loads(done.stdout)
    return report["findings"], report["errors"], report["stats"]["lines"]


def test_a_warm_run_says_what_a_cold_one_says(project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text(FOUND)
    (project / "bad.py").write_text("x = sum([y for y in z])\ndef f(:\n")
    plain = codeopt("check", "--format", "json", "--no-cache")
    assert not (project / ".codeopt").exists()
    cold = codeopt("check", "--format", "json")
    (kept,) = (project / ".codeopt" / "cache").iterdir()
    warm = codeopt("check", "--format", "json")
    assert findings(plain) == findings(cold) == findings(warm)
    kept.write_bytes(kept.read_bytes()[:-20])
    assert findings(codeopt("check", "--format", "json")) == findings(plain)


def test_a_changed_file_and_a_fixed_one_are_checked_anew(project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text(CLEAN)
    assert codeopt("check").returncode == 0
    (project / "a.py").write_text(FOUND)
    assert codeopt("check").returncode == 1
    assert codeopt("check", "--fix").returncode == 0
    assert codeopt("check").returncode == 0
    assert "sum(x * x" in (project / "a.py").read_text()


def test_a_cache_that_cannot_be_written_is_not(project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text(FOUND)
    (project / ".codeopt").write_text("in the way")
    done = codeopt("check")
    assert (done.returncode, done.stderr) == (1, "")


def test_two_runs_at_once_do_not_disturb_one_another(project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text(FOUND)
    command = [sys.executable, "-m", "codeopt", "check", "--format", "json"]
    runs = [subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    reports = [json.loads(run.communicate()[0])["findings"] for run in runs]
    assert reports[0]
    assert all(report == reports[0] for report in reports)


def test_one_run_may_write_several_reports(project: Path, codeopt: Run) -> None:
    (project / "a.py").write_text("def f(n):\n    return sum([x * x for x in range(n)])\n")
    ran = codeopt("check", "--report", "json=r.json", "--report=sarif=r.sarif", "--report", "patch=r.patch")
    assert "a.py:2:12: MEM101" in ran.stdout
    assert json.loads((project / "r.json").read_text())["findings"][0]["rule"] == "MEM101"
    assert json.loads((project / "r.sarif").read_text())["runs"][0]["results"][0]["ruleId"] == "MEM101"
    assert "+    return sum(x * x for x in range(n))" in (project / "r.patch").read_text()
    wrong = codeopt("check", "--report", "pdf=r.pdf")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "'pdf=r.pdf' is not FORM=FILE" in wrong.stderr
