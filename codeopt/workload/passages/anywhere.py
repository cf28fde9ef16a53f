"""Code as it runs on a machine without an accelerator and without the network."""

from __future__ import annotations

import ast
import re

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
    held = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module == "torchvision.datasets"]
    names = {alias.asname or alias.name: alias.name for node in held for alias in node.names}
    return _Anywhere(names).visit(tree)  # type: ignore[no-any-return]


class _Anywhere(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "cuda":
            owner = node.func.value
            return owner if not (isinstance(owner, ast.Name) and owner.id == "torch") else node
        collection = self._collection(node.func)
        return _random_images(node, collection) if collection else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str) and re.fullmatch(r"cuda(:\d+)?", node.value):
            return ast.copy_location(ast.Constant("cpu"), node)
        return node

    def _collection(self, callee: ast.expr) -> str:
        """The collection of torchvision that a call would make, or an empty text."""
        name = self._names.get(callee.id, "") if isinstance(callee, ast.Name) else ""
        if isinstance(callee, ast.Attribute) and re.fullmatch(
            r"(torchvision\.)?datasets|tvd?|dsets", ast.unparse(callee.value)
        ):
            name = callee.attr
        return name if name in _IMAGES else ""


def _random_images(node: ast.Call, collection: str) -> ast.Call:
    made = ast.parse(f"torchvision.datasets.FakeData({_FEW}, {_IMAGES[collection]})", mode="eval").body
    assert isinstance(made, ast.Call)
    made.keywords = [keyword for keyword in node.keywords if keyword.arg in ("transform", "target_transform")]
    return ast.copy_location(made, node)
