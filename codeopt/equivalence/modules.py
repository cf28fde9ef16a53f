"""Recording PyTorch modules, optimizers and the smaller things of torch's own."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.hooks import RemovableHandle

from codeopt.equivalence.node import Node, type_name
from codeopt.equivalence.tensors import Parts, record_tensor

if TYPE_CHECKING:
    from codeopt.equivalence.snapshot import Recorder

_REGISTERED = ("_parameters", "_buffers", "_modules")
_OWN = frozenset(vars(torch.nn.Module()))
"""Attributes that every module has; an empty one of them says nothing."""

_COMPILED = ("torch.jit", "torch._dynamo", "torch.fx", "torch._inductor", "torch.export")
_NUMERIC = (torch.dtype, torch.finfo, torch.iinfo)
_PLACES = (torch.device, torch.layout, torch.memory_format, torch.qscheme)
_OUTSIDE = (torch.autograd.graph.Node, torch.Stream, torch.Event, torch.SymInt, torch.SymFloat, torch.SymBool)
"""Parts of a graph, of a device or of a tracer, which show nothing of what they are."""


def record_torch(recorder: Recorder, value: Any, path: str) -> Node | None:
    """The record of anything of torch's; None if it is none of torch's own kinds."""
    if isinstance(value, torch.Tensor):
        return record_tensor(recorder, value, path)
    if isinstance(value, torch.nn.Module):
        return record_module(recorder, value, path)
    if isinstance(value, torch.optim.Optimizer):
        return record_optimizer(recorder, value, path)
    if isinstance(value, torch.Generator):
        state = value.get_state().numpy().tobytes()
        return Node("bytes", "torch.Generator", (("device", str(value.device)),), state)
    if isinstance(value, (*_NUMERIC, *_PLACES)):
        return Node("text", type_name(type(value)), (), str(value))
    if isinstance(value, RemovableHandle):
        # What it refers to is gone with the module.
        hooks = value.hooks_dict_ref() if isinstance(value.hooks_dict_ref, weakref.ref) else None
        there = hooks is not None and value.id in hooks
        return Node("text", type_name(type(value)), (), "registered" if there else "removed")
    if isinstance(value, torch.UntypedStorage):
        whole = torch.empty(0, dtype=torch.uint8, device=value.device).set_(value)
        part = record_tensor(recorder, recorder.keep(whole), f"{path}.bytes")
        return Node("object", type_name(type(value)), (), None, ((".bytes", part),))
    if isinstance(value, _OUTSIDE) or type(value).__module__.startswith(_COMPILED):
        return recorder.opaque(value, path)
    return None


def record_module(recorder: Recorder, module: torch.nn.Module, path: str) -> Node:
    """A module: its flags, parameters, buffers, children and their order, hooks, attributes.

    Compiled and traced ones are not looked into.
    """
    held = vars(module)
    compiled = any(base.__module__.startswith(_COMPILED) for base in type(module).__mro__)
    if compiled or held.get("_compiled_call_impl") is not None:
        return recorder.opaque(module, path)
    order: list[tuple[str, Any]] = []
    parts: Parts = []
    positions = hook_positions(held)
    for name, value in sorted(held.items()):
        if name in _REGISTERED:
            if value:
                order.append((name, tuple(value)))
            for key, item in value.items():
                parts.append((f".{key}", recorder.record(item, f"{path}.{key}")))
        elif name in _OWN and isinstance(value, dict | set) and not value:
            continue
        elif name in _OWN and isinstance(value, dict):
            parts.append((f".{name}", _record_hooks(recorder, value, positions, f"{path}.{name}")))
        else:
            parts.append((f".{name}", recorder.record(value, f"{path}.{name}")))
    return Node("object", type_name(type(module)), tuple(order), None, tuple(parts))


def hook_positions(held: dict[str, Any]) -> dict[int, int]:
    """The place of each hook among those of its kind, by the key it is registered under: keys count
    all hooks of the process and say nothing."""
    kinds = [hooks for name, hooks in held.items() if name.endswith("_hooks") and isinstance(hooks, dict)]
    return {key: place for hooks in kinds for place, key in enumerate(hooks)}


def _record_hooks(recorder: Recorder, hooks: dict[int, Any], positions: dict[int, int], path: str) -> Node:
    listed = [[positions.get(key, -1), hook] for key, hook in hooks.items()]
    return recorder.record(recorder.keep(listed), path)


def record_optimizer(recorder: Recorder, optimizer: torch.optim.Optimizer, path: str) -> Node:
    """An optimizer: its groups with all options, the state of each parameter in their order, hooks
    and what else it holds. Without `state_dict`, which calls hooks."""
    held = vars(optimizer)
    positions = hook_positions(held)
    parts: Parts = [(".param_groups", recorder.record(optimizer.param_groups, f"{path}.param_groups"))]
    grouped = [p for group in optimizer.param_groups for p in group["params"]]
    others = [p for p in optimizer.state if not any(p is known for known in grouped)]
    state = [optimizer.state.get(p) for p in (*grouped, *others)]
    parts.append((".state", recorder.record(recorder.keep(state), f"{path}.state")))
    for name, value in sorted(held.items()):
        if name in ("param_groups", "state"):
            continue
        if name.endswith("_hooks") and isinstance(value, dict):
            if value:
                parts.append((f".{name}", _record_hooks(recorder, value, positions, f"{path}.{name}")))
        else:
            parts.append((f".{name}", recorder.record(value, f"{path}.{name}")))
    return Node("object", type_name(type(optimizer)), (), None, tuple(parts))
