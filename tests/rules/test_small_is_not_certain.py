"""What is small by nature is for the search: numbers a row, short axes, constant sizes, items kept anyway."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeopt.registry import find_sites, load_rules
from codeopt.source import SourceFile

TORCH = "import torch\nimport torch.nn.functional as F\n"
NUMPY = "import numpy as np\n"
_READ = (
    "import os\ndef f(self, path, data_dir, manifest_path, hostfile):\n"
    "    with open({}) as file:\n        return [x.split() for x in file.readlines()]\n"
)


def certain(code: str, text: str) -> bool:
    rules = [loaded for loaded in load_rules() if loaded.rule.code == code]
    sites = find_sites(SourceFile(Path("m.py"), "m.py", text), rules).sites
    assert sites
    return any(site.certain for site in sites)


CASES = [
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
        "def f(scp_path):\n    with open(scp_path) as file:\n        {}\n    return rows\n",
        "rows = [line.split() for line in file.readlines()]",
        "rows = [line for line in file.readlines() if line.strip()]",
    ),
    ("MEM101", "def f(xs, levels):\n    return sum([i * i for i in range({})])\n", "len(xs)", "levels"),
    (
        "MEM101",
        "def f(xs, n):\n    return sum([{} for i in range(len(xs))]{})\n",
        ("i * i", ", n"),
        ("[i, n]", ", []"),
    ),
    (
        "MEM101",
        "def f(xs, ys):\n    return sum([xs[i]{} for i in range(len(xs))])\n",
        " * ys[i].n",
        ".n * ys[i]",
    ),
    (
        "MEM250",
        NUMPY + "def f(given):\n    return np.ones({}).astype(np.int32)\n",
        "given['size']",
        "given['length']",
    ),
    (
        "MEM312",
        TORCH + "def f(n, {0}):\n    return torch.zeros((n, {0})).long()\n",
        "width",
        "actual_rank",
    ),
    ("MEM108", "def f(xs, levels):\n    for i in list(range({})):\n        print(i)\n", "len(xs)", "levels"),
    (
        "MEM236",
        "import random\ndef f(x, n):\n    return random.sample(list(range({})), 1)\n",
        "n",
        "x.shape[-1]",
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
        "x.softmax(dim=1)",
        "torch.isnan(x.softmax(dim=1))",
    ),
    *(
        ("MEM102", _READ, "manifest_path", small)
        for small in (
            "path",
            "'data.cfg'",
            "os.path.join(data_dir, 'mapping.pair')",
            "hostfile",
        )
    ),
    (
        "MEM312",
        TORCH + "def f(n, {}):\n    return torch.zeros((n, {})).long()\n".replace("{}", "{0}"),
        "nodes",
        "max_token_len",
    ),
    (
        "MEM312",
        TORCH + "def f(x):\n    y = {}\n    return torch.zeros_like(y).bool()\n",
        "x.softmax(dim=1)",
        "x.round()",
    ),
    ("MEM317", TORCH + "def f(n, m):\n    return 2.0 * torch.{}\n", "rand(n, m)", "eye(n)"),
    (
        "MEM305",
        TORCH + "class A(torch.nn.Module):\n    {}\n    def forward(self, x: torch.Tensor):\n"
        "        return x * torch.sigmoid(x)\n",
        "'A unit.'",
        "'Made for ONNX.'",
    ),
    (
        "MEM305",
        TORCH + "# {}\nclass A(torch.nn.Module):\n    def forward(self, x: torch.Tensor):\n"
        "        return x * torch.sigmoid(x)\n",
        "A unit.",
        "PyTorch before 1.7 has no SiLU.",
    ),
    (
        "MEM101",
        "import itertools\ndef f(xs, ys):\n    return sum([x * y for x, y in itertools.{}(xs, ys)])\n",
        "chain",
        "product",
    ),
    ("MEM101", "def f({0}):\n    return set([i for i in range(len({0}))])\n", "rows", "vocabulary"),
    (
        "MEM210",
        "import numpy as np\nimport torch\ndef f(x: {0}, y: {0}):\n"
        "    return {1}(x[:, None, :] - y[None], {2}=-1)\n",
        ("np.ndarray", "np.linalg.norm", "axis"),
        ("torch.Tensor", "torch.norm", "dim"),
    ),
    *(
        (
            "MEM301",
            TORCH + "def {}(x, net: torch.nn.Module):\n    {}\n    out = net(x)\n"
            "    _, label = torch.max(out, 1)\n    return label.cpu().numpy()\n",
            ("predict", "x = x + 1"),
            small,
        )
        for small in (("forward", "x = x + 1"), ("predict", "net = torch.nn.Softmax(1)"))
    ),
    (
        "MEM305",
        TORCH + "def f(x: torch.Tensor, inplace):\n    if {}:\n        return x.exp()\n"
        "    {}return x * torch.sigmoid(x)\n",
        ("inplace", ""),
        ("inplace", "else:\n        "),
    ),
    *(
        (
            "MEM305",
            TORCH + "def f(x: torch.Tensor, k):\n    y = x * torch.sigmoid(x) - k\n    {}\n    return y\n",
            "y = y.mean(dim=1) if y.dim() > 2 else y",
            compared,
        )
        for compared in (
            "y = torch.where(y >= 0, y, k)",
            "z = y.sum()\n    y = y.clone()\n    if z > k:\n        return z",
            "k = y.argmax(dim=1)",
        )
    ),
    (
        "MEM304",
        TORCH
        + "import math\ndef f(x: torch.Tensor, k):\n    {}(x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))){}\n",
        ("return torch.exp", ""),
        ("return torch.where", " > k"),
    ),
    (
        "MEM212",
        NUMPY + "def f(n, k):\n    x = np.random.rand(n, n)\n    y = x[x > 0.5].mean()\n    return {}\n",
        "y + k",
        "y > k",
    ),
    *(
        (
            "MEM102",
            NUMPY + "def clean(x):\n    return x.lower()\ndef made(x):\n    return 1, open(x)\n"
            "def f(scp_path, model):\n    rows, table = [], dict()\n    with open(scp_path) as file:\n"
            "        for line in file.readlines():\n            key, name = line.strip().split(maxsplit=1)\n"
            "            {}\n    return rows, table\n",
            words,
            more,
        )
        for words, more in (
            ("rows.append((key, float(name) * 2))", "rows.append(np.load(name))"),
            (
                "x = np.load(name)\n            print(x.mean())",
                "x = np.load(name)\n            rows.append(x)",
            ),
            ("table[key] = [int(x) for x in name.split()]", "table[key] = model(name)"),
            ("table[key] = name.split()", "table[key] = [name] * 1000"),
            ("rows.append(clean(name))", "rows.append(made(name))"),
            ("rows.append(float(model(name)))", "rows.append(model(name))"),
            ("rows += [key]", "rows = np.concatenate([rows, np.load(name)])"),
        )
    ),
    (
        "MEM102",
        NUMPY + "def f(scp_path):\n    with open(scp_path) as file:\n"
        "        return [{} for line in file.readlines()]\n",
        "line.split()[1]",
        "np.load(line.split()[1])",
    ),
    (
        "MEM115",
        NUMPY + "def f({0}_path):\n    with open({0}_path) as file:\n"
        "        return [{1} for line in file.read().splitlines()]\n",
        ("data", "line.split()"),
        ("data", "np.load(line)"),
    ),
    (
        "MEM115",
        "def f({0}_path):\n    with open({0}_path) as file:\n"
        "        return [line.split() for line in file.read().splitlines()]\n",
        "data",
        "option",
    ),
]


@pytest.mark.parametrize(
    ("code", "text", "large", "small"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)]
)
def test_small(code: str, text: str, large: str | tuple[str, ...], small: str | tuple[str, ...]) -> None:
    large, small = ((given,) if isinstance(given, str) else given for given in (large, small))
    assert certain(code, text.format(*large))
    assert not certain(code, text.format(*small))
