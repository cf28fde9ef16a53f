"""What torch keeps for the whole process: generators, modes, settings. Imported where torch is."""

from __future__ import annotations

import zlib
from typing import Any

import torch

_DEVICES = ("cpu", "cuda")
_TINY = 5e-324


def seed_torch(seed: int) -> None:
    """Seed the global generators of the processor and of the devices in use."""
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)


def torch_generators() -> list[tuple[str, int]]:
    """Digests of the global generators: equal ones give equal next draws."""
    state = torch.default_generator.get_state()
    found = [("torch random", zlib.crc32(memoryview(state.numpy())))]
    if torch.cuda.is_initialized():
        states = torch.cuda.get_rng_state_all()
        found += [(f"torch random, device {i}", zlib.crc32(s.numpy())) for i, s in enumerate(states)]
    return found


def torch_settings() -> dict[str, Any]:
    """What is in force, each entry comparable with `==` and told by its words."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    modes = torch._C._len_torch_function_stack(), torch._C._len_torch_dispatch_stack()
    return {
        "torch grad mode": torch.is_grad_enabled(),
        "torch inference mode": torch.is_inference_mode_enabled(),
        "torch default dtype": str(torch.get_default_dtype())[6:],
        # Without a mode there is none; asking for it takes longer than all the rest.
        "torch default device": str(torch.get_default_device()) if modes[0] else "cpu",
        "torch deterministic": (
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
        ),
        "torch threads": torch.get_num_threads(),
        "torch matmul precision": torch.get_float32_matmul_precision(),
        "torch anomaly mode": (torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()),
        "torch autocast": tuple(torch.is_autocast_enabled(device) for device in _DEVICES),
        "torch autocast dtypes": tuple(str(torch.get_autocast_dtype(device))[6:] for device in _DEVICES),
        "torch modes": modes,
        "torch saved tensor hooks": torch._C._autograd._top_saved_tensors_default_hooks(True) is not None,
        "torch mkldnn": torch.backends.mkldnn.enabled,
        "torch cudnn": (cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32),
        "torch tf32": matmul.allow_tf32,
        "torch print options": tuple(vars(torch._tensor_str.PRINT_OPTS).values()),
        "torch flushes denormals": _TINY * 1.0 == 0.0,
    }


def restore_torch(before: dict[str, Any]) -> None:
    """Put back what would disturb the recorder or the next case."""
    now = torch_settings()
    changed = {name for name in now if now[name] != before[name]}
    if not changed:
        return
    torch.set_grad_enabled(before["torch grad mode"])
    torch.set_default_dtype(getattr(torch, before["torch default dtype"]))
    torch.set_anomaly_enabled(*before["torch anomaly mode"])
    torch.use_deterministic_algorithms(
        before["torch deterministic"][0], warn_only=before["torch deterministic"][1]
    )
    torch.set_num_threads(before["torch threads"])
    torch.set_float32_matmul_precision(before["torch matmul precision"])
    for device, enabled, dtype in zip(
        _DEVICES, before["torch autocast"], before["torch autocast dtypes"], strict=True
    ):
        torch.set_autocast_enabled(device, enabled)
        torch.set_autocast_dtype(device, getattr(torch, dtype))
    if "torch default device" in changed:
        device = before["torch default device"]
        torch.set_default_device(None if device == "cpu" else device)
    _leave_modes(before)
    if "torch flushes denormals" in changed:
        torch.set_flush_denormal(before["torch flushes denormals"])
    _restore_backends(before)


def _leave_modes(before: dict[str, Any]) -> None:
    """Leave contexts that a call entered and did not leave."""
    functions, dispatchers = before["torch modes"]
    while torch._C._len_torch_function_stack() > functions:
        torch._C._pop_torch_function_stack()
    while torch._C._len_torch_dispatch_stack() > dispatchers:
        torch._C._pop_torch_dispatch_stack(None)
    hooks = torch._C._autograd
    while not before["torch saved tensor hooks"] and hooks._top_saved_tensors_default_hooks(True) is not None:
        hooks._pop_saved_tensors_default_hooks()


def _restore_backends(before: dict[str, Any]) -> None:
    cudnn = torch.backends.cudnn
    torch.backends.mkldnn.enabled = before["torch mkldnn"]
    cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32 = before["torch cudnn"]
    torch.backends.cuda.matmul.allow_tf32 = before["torch tf32"]
