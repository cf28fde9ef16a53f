"""What is small by nature is for the search: numbers a row, short axes, constant sizes, items kept anyway."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.registry import find_sites, load_rules
from codeopt.source import SourceFile

TORCH = "import torch\nimport torch.nn.functional as F\n"
NUMPY = "import numpy as np\n"


def certain(code: str, text: str) -> bool:
    rules = [loaded for loaded in load_rules() if loaded.rule.code == code]
    sites = find_sites(SourceFile(Path("m.py"), "m.py", text), rules).sites
    assert sites
    return any(site.certain for site in sites)


CASES = [
    (
        "MEM103",
        TORCH
        + "def f(x, y):\n    s = {}\n    a = F.softmax(s, dim=1)\n    b = torch.mm(a, y)\n    return b + 1\n",
        "torch.mm(x, y.t())",
        "torch.stack([p.sum() for p in x])",
    ),
    *(
        (
            "MEM103",
            TORCH + "def f(x, y, z):\n    s = {}\n    a = F.softmax(s, dim=-1)\n    b = torch.bmm(a, y)\n"
            "    c = z[:, :, :] + 1\n    return b, c\n",
            "torch.exp(x[:, :, :len(y)])",
            small,
        )
        for small in (
            "(torch.exp(x[:, :, :len(y)]) > 0) & (y[:, :, :] > 0)",
            "torch.rand(len(x), len(y))",
            "torch.ones(len(x), len(y), len(z), dtype=torch.bool)",
        )
    ),
    (
        "MEM103",
        TORCH + "def f(x, y, w):\n    s = torch.exp(x[:, :, :len(y)])\n    a = s.sum(dim=2)\n    b = {}\n"
        "    return a, b\n",
        "torch.exp(w[:, :, :len(y)])",
        "torch.exp(w[:, :, :, :len(y)])",
    ),
    (
        "MEM103",
        TORCH + "@torch.{}()\ndef f(x, y):\n    s = torch.bmm(x, y.mT)\n    a = F.softmax(s, dim=2)\n"
        "    b = torch.bmm(a, y)\n    return b + 1\n",
        "no_grad",
        "compile",
    ),
    (
        "MEM314",
        TORCH + "def f(x, y, k):\n    {}\n    return torch.where(k, x, torch.zeros_like(x))\n",
        "x = torch.mm(x, y)",
        "x = x.sum()",
    ),
    (
        "MEM201",
        NUMPY + "def f(n, m):\n    x = np.zeros({})\n    x = x * 2\n    return x\n",
        "(n, m)",
        "n",
    ),
    (
        "MEM102",
        "def f(path):\n    with open(path) as file:\n        {}\n    return rows\n",
        "rows = [line.split() for line in file.readlines()]",
        "rows = [line for line in file.readlines() if line.strip()]",
    ),
    (
        "MEM102",
        "def f(path):\n    with open({}) as file:\n        return [x.split() for x in file.readlines()]\n",
        "path",
        "'setup.cfg'",
    ),
    ("MEM101", "def f(xs, k):\n    return sum([i * i for i in range({})])\n", "len(xs)", "k"),
    ("MEM108", "def f(xs, k):\n    for i in list(range({})):\n        print(i)\n", "len(xs)", "k"),
    (
        "MEM236",
        "import random\ndef f(x, n):\n    return random.sample(list(range({})), 1)\n",
        "n",
        "x.shape[-1]",
    ),
    (
        "MEM215",
        NUMPY + "def f(x, y):\n    return {}\n",
        "len(np.where(x > 0)[0])",
        "len(np.where(x > 0)[0]) != len(np.where(y > 0)[0])",
    ),
    (
        "MEM250",
        NUMPY + "def f(n, m, x):\n    return {}np.ones((n, m)).astype(int)\n",
        "",
        "x * ",
    ),
    (
        "MEM252",
        NUMPY + "def f({}, a):\n    x, y = np.mgrid[:n, :n]\n    return x * x + y * y\n",
        "n",
        "n, radius",
    ),
    (
        "MEM312",
        TORCH + "def f(x):\n    t = {}\n    return torch.zeros_like(t).bool()\n",
        "x.round()",
        "torch.isnan(x)",
    ),
]


@pytest.mark.parametrize(
    ("code", "text", "large", "small"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)]
)
def test_small(code: str, text: str, large: str, small: str) -> None:
    assert certain(code, text.format(large))
    assert not certain(code, text.format(small))
