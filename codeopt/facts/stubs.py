"""The parts of PyTorch and NumPy that inference may know, as sources: what gives which kind of value."""

from __future__ import annotations

_SAME = (
    "mean sum std var norm sqrt exp log pow abs clamp mul add sub div neg to cpu cuda float double half view "
    "reshape squeeze unsqueeze flatten contiguous clone __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ "
    "__truediv__ __rtruediv__ __neg__ __pow__ __getitem__"
)
_FREE = "detach detach_ argmax argmin long int bool eq ne gt lt ge le"
_LOSSES = (
    "cross_entropy mse_loss l1_loss smooth_l1_loss nll_loss kl_div huber_loss binary_cross_entropy "
    "binary_cross_entropy_with_logits ctc_loss triplet_margin_loss margin_ranking_loss "
    "cosine_embedding_loss gaussian_nll_loss poisson_nll_loss"
)
_TORCH_DATA = "tensor zeros ones empty full rand randn randint arange linspace eye"
_NUMPY_DATA = "zeros ones empty full eye identity linspace arange concatenate stack vstack hstack zeros_like"


def _functions(names: str, kind: str, *, indent: str = "", first: str = "") -> str:
    return "".join(f"{indent}def {n}({first}*a, **k): return {kind}()\n" for n in names.split())


def _methods(names: str, kind: str) -> str:
    return _functions(names, kind, indent="    ", first="self, ")


_DETACHED = f"class Detached:\n{_methods(f'{_SAME} {_FREE}', 'Detached')}"
_TENSOR = f"class Tensor:\n{_methods(_SAME, 'Tensor')}{_methods(_FREE, 'Detached')}"

# `Tensor` may carry a graph, `Detached` surely does not.
STUBS = {
    "torch": f"{_DETACHED}\n{_TENSOR}\n{_functions(_TORCH_DATA, 'Detached')}",
    "torch.nn": "",
    "torch.nn.functional": f"from torch import Tensor\n{_functions(_LOSSES, 'Tensor')}",
    "numpy": f"class ndarray:\n{_methods('copy astype reshape', 'ndarray')}"
    f"{_functions(_NUMPY_DATA, 'ndarray')}",
}
