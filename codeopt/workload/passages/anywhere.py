"""Code as it runs on a machine without an accelerator and without the network."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

_IMAGES = {
    **dict.fromkeys(("MNIST", "FashionMNIST", "KMNIST", "QMNIST", "EMNIST", "USPS"), (1, 28, 28)),
    **dict.fromkeys(("CIFAR10", "CIFAR100", "SVHN"), (3, 32, 32)),
    "STL10": (3, 96, 96),
    **dict.fromkeys(("ImageNet", "Imagenette", "Flowers102", "Food101", "OxfordIIITPet"), (3, 224, 224)),
}
"""Image collections of torchvision that would be downloaded, and the shapes of their images."""

_FEW = 256
"""Images of one that stands in."""


def anywhere(tree: ast.Module) -> ast.Module:
    """The same code, changed in place.

    `.cuda()` and the name of its device are left out; a collection of images that torchvision would
    download is one of random images in its shape.
    """
    return _Anywhere(dict(_collections(tree))).visit(tree)  # type: ignore[no-any-return]


def _collections(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What a file calls a collection of torchvision's by, as a source text, and the collection's own name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "torchvision.datasets":
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
        for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
            whole = f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
            if whole in ("torchvision", "torchvision.datasets"):
                bound = alias.asname or (whole if isinstance(node, ast.Import) else alias.name)
                bound += ".datasets" * (whole == "torchvision")
                yield from ((f"{bound}.{name}", name) for name in _IMAGES)


class _Anywhere(ast.NodeTransformer):
    def __init__(self, collections: Mapping[str, str]) -> None:
        self._collections = collections

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "cuda":
            owner = node.func.value
            return owner if not (isinstance(owner, ast.Name) and owner.id == "torch") else node
        collection = self._collections.get(ast.unparse(node.func), "") if self._collections else ""
        return _random_images(node, collection) if collection in _IMAGES else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str) and re.fullmatch(r"cuda(:\d+)?", node.value):
            return ast.copy_location(ast.Constant("cpu"), node)
        return node


def _random_images(node: ast.Call, collection: str) -> ast.Call:
    made = ast.parse(f"torchvision.datasets.FakeData({_FEW}, {_IMAGES[collection]})", mode="eval").body
    assert isinstance(made, ast.Call)
    made.keywords = [keyword for keyword in node.keywords if keyword.arg in ("transform", "target_transform")]
    return ast.copy_location(made, node)
