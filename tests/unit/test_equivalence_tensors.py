"""Recording torch: what is told of tensors, graphs, modules and modes, and that it leaves no trace."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from codeopt.equivalence.aliases import alias_graph
from codeopt.equivalence.autograd import gradients_node, ramp
from codeopt.equivalence.held import held_by
from codeopt.equivalence.node import LARGE, Large, Node
from codeopt.equivalence.snapshot import Recorder, capture
from codeopt.equivalence.surroundings import settings_restored
from codeopt.equivalence.torch_state import seed_torch, torch_generators, torch_settings
from codeopt.workload.call import Call

KINDS: dict[str, Callable[[], torch.Tensor]] = {
    "coordinates": lambda: torch.eye(3).to_sparse(),
    "rows": lambda: torch.eye(3).to_sparse_csr(),
    "blocks": lambda: torch.eye(4).to_sparse_bsc((2, 2)),
    "nested": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
    "jagged": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged),
    "meta": lambda: torch.empty(2, device="meta"),
    "inference": torch.inference_mode()(lambda: torch.ones(2)),
    "float8": lambda: torch.ones(2).to(torch.float8_e5m2),
    "half complex": lambda: torch.ones(2).to(torch.chalf),
    "conjugate": lambda: torch.ones(2, dtype=torch.complex64).conj(),
    "negative": lambda: torch.ones(2, dtype=torch.complex64).conj().imag,
    "no dimensions": lambda: torch.tensor(1.0),
    "empty": lambda: torch.empty(0, 3),
}
LEFT: dict[str, Callable[[], Any]] = {
    "grad mode": lambda: torch.set_grad_enabled(False),
    "default dtype": lambda: torch.set_default_dtype(torch.float64),
    "default device": lambda: torch.set_default_device("meta"),
    "a device's context": lambda: torch.device("meta").__enter__(),
    "saved tensor hooks": lambda: torch.autograd.graph.saved_tensors_hooks(id, id).__enter__(),
    "autocast": lambda: torch.set_autocast_enabled("cpu", True),
    "autocast dtype": lambda: torch.set_autocast_dtype("cpu", torch.float16),
    "anomaly mode": lambda: torch.autograd.set_detect_anomaly(True),
    "deterministic": lambda: torch.use_deterministic_algorithms(True),
    "threads": lambda: torch.set_num_threads(torch.get_num_threads() + 1),
    "precision": lambda: torch.set_float32_matmul_precision("medium"),
    "denormals": lambda: torch.set_flush_denormal(True),
    "kernels": lambda: setattr(torch.backends.mkldnn, "enabled", False),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_is_the_same_twice_and_warns_of_nothing(kind: str) -> None:
    torch.set_warn_always(True)
    tensors = [KINDS[kind](), KINDS[kind]()]
    with warnings.catch_warnings(record=True, action="always") as said:
        first, second = map(capture, tensors)
    torch.set_warn_always(False)
    assert first == second
    assert first.kind != "opaque"
    assert [str(w.message) for w in said] == []


@pytest.mark.parametrize("what", LEFT)
def test_modes_that_a_call_left_are_put_back(what: str) -> None:
    before = torch_settings()
    with settings_restored():
        LEFT[what]()
        assert torch_settings() != before
    assert torch_settings() == before
    assert torch.ones(1).device.type == "cpu"


def test_equal_seeds_give_equal_draws() -> None:
    seed_torch(3)
    state, drawn = torch_generators(), torch.rand(2)
    assert torch_generators() != state
    seed_torch(3)
    assert torch_generators() == state
    assert torch.equal(torch.rand(2), drawn)


def test_weights_of_neighbours_and_of_outputs_differ() -> None:
    weights = ramp(torch.zeros(5, 7))
    assert (weights[:, 1:] != weights[:, :-1]).all()
    assert (weights > 0.4).all()
    assert (weights < 1.6).all()
    assert (ramp(torch.zeros(9), 1) != ramp(torch.zeros(9))).all()
    assert (ramp(torch.zeros(9, dtype=torch.complex64)).imag != 0).all()


def test_memory_is_told_for_dtypes_that_numpy_lacks() -> None:
    buffer = torch.zeros(8, dtype=torch.bfloat16)
    recorder = Recorder()
    recorder.record([buffer[::2], buffer[1::2], buffer[2:]], "x")
    assert [name for name, _ in alias_graph(recorder.claims).children] == ["x[0] & x[2]", "x[1] & x[2]"]


def test_a_large_buffer_of_an_odd_dtype_has_a_digest_only() -> None:
    data = capture(torch.ones(2 * LARGE).to(torch.float8_e4m3fn)).data
    assert isinstance(data, Large)
    assert data.sums == b""


def recorded(*values: Any) -> Recorder:
    """A recorder that has seen these values."""
    recorder = Recorder()
    recorder.record(list(values), "x")
    return recorder


def named(node: Node) -> list[str]:
    return [name for name, _ in node.children]


def test_leaves_behind_are_named_by_what_they_hold() -> None:
    a, b = torch.tensor([1.0], requires_grad=True), torch.tensor([2.0], requires_grad=True)
    one, other = (gradients_node(recorded(value)) for value in (a * 2 + b, b + a * 2))
    assert one == other
    assert all(name.startswith("a leaf behind, float32[1] with digest") for name in named(one))
    assert len(named(one)) == 2


def test_passes_in_turn() -> None:
    x = torch.ones(2, requires_grad=True)
    shared = x.exp()
    nodes = [gradients_node(recorded(x, *pair)) for pair in ((shared * 2, shared * 3), (x.exp(), x.sin()))]
    assert [dict(node.children)["passes in turn"].data for node in nodes] == [(True, False), (True, True)]


def test_an_error_of_the_backward_pass_is_a_finding() -> None:
    x = torch.ones(2, requires_grad=True)
    y = (h := x.exp()) * h
    h.detach().add_(0)
    (found,) = gradients_node(recorded(x, y)).children
    assert found[0] == "raised"
    assert "modified by an inplace operation" in found[1].data


def test_the_probe_leaves_no_gradient() -> None:
    x = torch.ones(2, requires_grad=True)
    gradients_node(recorded(x, x * 2))
    assert x.grad is None


def test_what_was_written_to() -> None:
    module, x, kept = nn.BatchNorm1d(2), torch.ones(2), torch.ones(2)
    held = held_by(Call(args=(module, [x]), kwargs={"kept": kept}))
    module(torch.arange(4.0).reshape(2, 2))
    x.add_(1).sub_(1)
    found = [held.was_written(t) for t in (x, kept, module.weight, module.num_batches_tracked, torch.ones(1))]
    assert found == [True, False, False, True, None]
    assert [path for path, _ in held.parameters][:2] == ["args[0].weight", "args[0].bias"]


@pytest.mark.parametrize("make", [lambda m: torch.jit.script(m), lambda m: torch.fx.symbolic_trace(m)])
def test_modules_that_say_nothing_are_opaque(make: Callable[[nn.Module], Any]) -> None:
    recorder = Recorder()
    recorder.record([make(nn.ReLU())], "x")
    assert recorder.opaque_paths == ["x[0]"]


def test_importing_the_compiler_is_nobodys_change(tmp_path: Path) -> None:
    """Torch imports it on the first use of an optimizer; only a fresh process can show that."""
    script = """
import os, sys, tempfile
import torch
from codeopt.equivalence.files import files_below, files_node
from codeopt.equivalence.surroundings import settings_restored, state_node
tempfile.tempdir = os.getcwd()
assert "torch._dynamo" not in sys.modules
files = files_below(os.getcwd())
with settings_restored() as before:
    torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1)
    print([name for name, _ in state_node(before).children], files_node(os.getcwd(), files).children)
assert "torch._dynamo" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout == "['random', 'numpy.random', 'torch random'] ()\n"
