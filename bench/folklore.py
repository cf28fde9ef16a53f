"""Measure advice that is often given to save memory and does not, or makes it worse.

    python bench/folklore.py    # the tables of docs/folklore.md

Each case is run once to warm, then measured by memray, before and after the advice is followed.
A second table is of advice that does save, by one meter at least, and is left out all the same.
"""

from __future__ import annotations

import gc
import json
import math
import os
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import memray
import numpy as np
import pandas as pd
import scipy.linalg
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import Lasso
from sklearn.preprocessing import OneHotEncoder, StandardScaler, maxabs_scale
from torch import nn
from torch.nn import functional

from codeopt.measure.peak import trim_heap, watch_resident

Case = Callable[[], Any]


def peak(case: Case) -> int:
    """Peak bytes of the second call."""
    case()
    gc.collect()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "peak.bin")
        destination = memray.FileDestination(path)
        with memray.Tracker(destination=destination, file_format=memray.FileFormat.AGGREGATED_ALLOCATIONS):
            kept = case()
        del kept
        with memray.FileReader(path) as reader:
            return int(reader.metadata.peak_memory)


def table(rows: int = 200_000) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(0).random((rows, 6)), columns=list("abcdef"))


FRAME = table()
SMALL = table(3000)
DATA = np.random.default_rng(0).random((40_000, 40))
SQUARE = np.random.default_rng(0).random((1000, 1000)) + 1000 * np.eye(1000)
LINES = torch.randn(1024, 1024)


def grown() -> np.ndarray:
    whole = np.empty(0)
    for i in range(64):
        whole = np.append(whole, np.full(20_000, float(i)))
    return whole


def listed() -> np.ndarray:
    return np.concatenate([np.full(20_000, float(i)) for i in range(64)])


def frames_grown() -> pd.DataFrame:
    whole = pd.DataFrame()
    for i in range(16):
        whole = pd.concat([whole, SMALL + i])
    return whole


def frames_listed() -> pd.DataFrame:
    return pd.concat([SMALL + i for i in range(16)])


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(*[nn.Linear(512, 512) for _ in range(8)])


NETWORK = network()


def losses(as_number: bool) -> float:
    total: Any = 0.0
    for _ in range(4):
        loss = NETWORK(LINES[:, :512]).pow(2).mean()
        loss.backward()
        NETWORK.zero_grad()
        total += loss.item() if as_number else loss
    return float(total.detach() if isinstance(total, torch.Tensor) else total)


def rectified(inplace: bool) -> float:
    model = nn.Sequential(nn.Linear(1024, 1024), nn.ReLU(inplace), nn.Linear(1024, 1024))
    model(LINES).sum().backward()
    return 0.0


def evaluated(mode: Callable[[], Any]) -> torch.Tensor:
    with mode():
        return NETWORK(LINES[:, :512])


def scaled(copy: bool) -> np.ndarray:
    return StandardScaler(copy=copy).fit_transform(DATA * 2)


def sorted_frame(inplace: bool) -> pd.DataFrame:
    frame = FRAME.copy()
    if inplace:
        frame.sort_values("a", inplace=True)
        return frame
    return frame.sort_values("a")


def divided() -> np.ndarray:
    whole = np.multiply(DATA, 2)
    np.add(whole, 1, out=whole)
    return np.divide(whole, 3, out=whole)


def replaced(inplace: bool) -> pd.DataFrame:
    frame = table()
    if inplace:
        frame.replace(0.5, 0, inplace=True)
        return frame
    return frame.replace(0.5, 0)


def filled(inplace: bool) -> pd.DataFrame:
    frame = table().mask(FRAME > 0.9)
    if inplace:
        frame.fillna(0, inplace=True)
        return frame
    return frame.fillna(0)


def softmax_loss(fused: bool) -> torch.Tensor:
    labels = torch.zeros(1024, dtype=torch.long)
    if fused:
        return functional.cross_entropy(LINES, labels)
    return functional.nll_loss(functional.log_softmax(LINES, dim=-1), labels)


NUMBERS = np.random.default_rng(0).random(1_000_000)
CODES = pd.Series(np.random.default_rng(0).integers(0, 150_000, 300_000))
KINDS = CODES % 50
RECORDS = json.dumps([{"id": i, "name": f"n{i}", "value": i / 7} for i in range(50_000)])


def parsed(from_file: bool) -> Any:
    with tempfile.TemporaryFile("w+") as file:
        file.write(RECORDS)
        file.seek(0)
        return json.load(file) if from_file else json.loads(file.read())


def encoded(dense: bool) -> Any:
    kinds = KINDS.to_numpy()[:, None]
    if dense:
        return OneHotEncoder(sparse_output=False).fit_transform(kinds)
    return OneHotEncoder().fit_transform(kinds).toarray()


CHECKPOINT = os.path.join(tempfile.mkdtemp(), "network.pt")
torch.save(NETWORK.state_dict(), CHECKPOINT)
RESUMED = f"{CHECKPOINT}.resumed"
torch.save({"network": NETWORK.state_dict(), "optimizer": torch.ones(16 * 512 * 512)}, RESUMED)


def loaded(**options: bool) -> nn.Sequential:
    model = network()
    model.load_state_dict(torch.load(CHECKPOINT), **options)
    return model


def stepped(**options: bool) -> None:
    model = network()
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    torch.optim.Adam(model.parameters(), **options).step()


def outer(broadcast: bool) -> torch.Tensor:
    line = torch.arange(2000.0)
    if broadcast:
        return line[:, None] * line
    rows, columns = torch.meshgrid(line, line, indexing="ij")
    return rows * columns


CASES: tuple[tuple[str, Case, Case], ...] = (
    ("collect parts in a list and concatenate, instead of `np.append` in a loop", grown, listed),
    ("collect frames in a list, instead of `pd.concat` in a loop", frames_grown, frames_listed),
    (
        "`out=` for the parts of one nested expression of float64",
        lambda: (DATA * 2 + 1) / 3,
        divided,
    ),
    ("`loss.item()` in a running total after `backward`", lambda: losses(False), lambda: losses(True)),
    ("`nn.ReLU(inplace=True)` in a network that is trained",
     lambda: rectified(False), lambda: rectified(True)),
    (
        "`inference_mode` instead of `no_grad`",
        lambda: evaluated(torch.no_grad),
        lambda: evaluated(torch.inference_mode),
    ),
    ("`cross_entropy` instead of `log_softmax` and `nll_loss`",
     lambda: softmax_loss(False), lambda: softmax_loss(True)),
    (
        "chosen scores minus `logsumexp` instead of `log_softmax` and a choice",
        lambda: functional.log_softmax(LINES, dim=-1)[:, :5].sum(),
        lambda: (LINES[:, :5] - LINES.logsumexp(-1, keepdim=True)).sum(),
    ),
    ("`torch.meshgrid` to broadcasting", lambda: outer(False), lambda: outer(True)),
    ("`Adam(foreach=False)` on a CPU", stepped, lambda: stepped(foreach=False)),
    ("`load_state_dict(torch.load(path), assign=True)`", loaded, lambda: loaded(assign=True)),
    (
        "`torch.load(path, mmap=True)`, by memray, which counts the mapping",
        lambda: torch.load(CHECKPOINT)["0.weight"].clone(),
        lambda: torch.load(CHECKPOINT, mmap=True)["0.weight"].clone(),
    ),
    (
        "`logsumexp` instead of `log(exp().sum())`",
        lambda: torch.log(torch.exp(LINES).sum(-1)),
        lambda: torch.logsumexp(LINES, -1),
    ),
    (
        "`itertuples` instead of `iterrows`",
        lambda: math.fsum(float(row["a"]) for _, row in SMALL.iterrows()),
        lambda: math.fsum(float(row.a) for row in SMALL.itertuples(index=False)),
    ),
    ("`to_numpy()` instead of `.values`", lambda: FRAME.values.sum(), lambda: FRAME.to_numpy().sum()),
    ("`sort_values(inplace=True)`", lambda: sorted_frame(False), lambda: sorted_frame(True)),
    ("`replace(..., inplace=True)`", lambda: replaced(False), lambda: replaced(True)),
    (
        "`fillna(..., inplace=True)` of a frame just made",
        lambda: filled(False),
        lambda: filled(True),
    ),
    ("convert to float32 after loading float64", lambda: DATA * 2, lambda: (DATA * 2).astype(np.float32)),
    ("`StandardScaler(copy=False)`", lambda: scaled(True), lambda: scaled(False)),
    ("`maxabs_scale(copy=False)`",
     lambda: maxabs_scale(DATA * 2), lambda: maxabs_scale(DATA * 2, copy=False)),
    (
        "`Lasso(copy_X=False)`",
        lambda: Lasso().fit(DATA * 2, DATA[:, 0]).coef_,
        lambda: Lasso(copy_X=False).fit(DATA * 2, DATA[:, 0]).coef_,
    ),
    (
        "`PCA(copy=False)` of a tall table",
        lambda: PCA(5).fit(DATA * 2).components_,
        lambda: PCA(5, copy=False).fit(DATA * 2).components_,
    ),
    (
        "`scipy.linalg.solve(overwrite_a=True)` of an array in C order",
        lambda: scipy.linalg.solve(SQUARE + 1, SQUARE[0]),
        lambda: scipy.linalg.solve(SQUARE + 1, SQUARE[0], overwrite_a=True),
    ),
    (
        "`len(s.unique())` to `s.nunique()`",
        lambda: len(FRAME["a"].unique()),
        lambda: FRAME["a"].nunique(dropna=False),
    ),
    (
        "count `duplicated()` instead of `len(drop_duplicates())`",
        lambda: len(FRAME.drop_duplicates("a")),
        lambda: len(FRAME) - int(FRAME.duplicated("a").sum()),
    ),
    (
        "`json.load(file)` instead of `json.loads(file.read())`",
        lambda: parsed(False),
        lambda: parsed(True),
    ),
    (
        "a generator instead of a list in `''.join([...])`",
        lambda: "".join([str(i) for i in range(200_000)]),
        lambda: "".join(str(i) for i in range(200_000)),
    ),
    ("`np.full(n, v)` instead of `v * np.ones(n)`",
     lambda: math.pi * np.ones(1_000_000), lambda: np.full(1_000_000, math.pi)),
    ("`np.argpartition` instead of `np.argsort` for the last five",
     lambda: np.argsort(NUMBERS)[-5:].copy(), lambda: np.argpartition(NUMBERS, -5)[-5:].copy()),
    ("`np.median(np.abs(x - m), overwrite_input=True)`",
     lambda: np.median(np.abs(NUMBERS - 0.5)),
     lambda: np.median(np.abs(NUMBERS - 0.5), overwrite_input=True)),
    ("`len(df) - df.count()` instead of `df.isna().sum()`",
     lambda: FRAME.isna().sum(), lambda: len(FRAME) - FRAME.count()),
    ("`s.nunique()` instead of `len(s.value_counts())`, for text",
     lambda: len(CODES.astype(str).value_counts()), lambda: CODES.astype(str).nunique()),
    ("`set(s.unique())` instead of `set(s)`", lambda: set(CODES), lambda: set(CODES.unique())),
    ("`get_dummies(dtype=int)` instead of `.astype(int)`",
     lambda: pd.get_dummies(KINDS).astype(int), lambda: pd.get_dummies(KINDS, dtype=int)),
    ("`OneHotEncoder(sparse_output=False)` instead of `.toarray()`",
     lambda: encoded(False), lambda: encoded(True)),
)  # fmt: skip


def assigned() -> nn.Sequential:
    with torch.device("meta"):
        model = network()
    model.load_state_dict(torch.load(CHECKPOINT), assign=True)
    return model


def carried(detached: bool) -> None:
    cell, state = nn.RNNCell(512, 512), torch.zeros(256, 512)
    for _ in range(8):
        state = cell(LINES[:256, :512], state.detach() if detached else state)
    state.sum().backward()


LEFT_OUT: tuple[tuple[str, Case, Case], ...] = (
    (
        "`torch.load(path, mmap=True)`, where a part of the file is read",
        lambda: network().load_state_dict(torch.load(RESUMED)["network"]),
        lambda: network().load_state_dict(torch.load(RESUMED, mmap=True)["network"]),
    ),
    ("a network made on the meta device, `load_state_dict(..., assign=True)`", loaded, assigned),
    ("a hidden state carried on detached", lambda: carried(False), lambda: carried(True)),
)


def resident(case: Case) -> int:
    """Bytes by which the second call raises the resident set."""
    case()
    gc.collect()
    trim_heap()
    with watch_resident() as raised:
        case()
    return raised[0]


def main() -> None:
    # pandas says of `inplace` that it will go.
    warnings.simplefilter("ignore")
    print("| advice | peak MB before | after | saved |\n|---|---:|---:|---:|")
    for name, before, after in CASES:
        was, now = peak(before), peak(after)
        print(f"| {name} | {was / 1e6:.2f} | {now / 1e6:.2f} | {1 - now / max(was, 1):.0%} |", flush=True)
    print("\n| advice | peak MB before | after | resident MB before | after |\n|---|---:|---:|---:|---:|")
    for name, before, after in LEFT_OUT:
        sizes = [peak(before), peak(after), resident(before), resident(after)]
        print(f"| {name} | {' | '.join(f'{size / 1e6:.1f}' for size in sizes)} |", flush=True)


if __name__ == "__main__":
    main()
