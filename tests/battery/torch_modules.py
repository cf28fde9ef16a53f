"""Modules and optimizers: what they hold and in which order, modes, hooks, state."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations

from tests.battery.pair import Family

FAMILY = Family("torch modules")
exact, close, lossy = FAMILY.exact, FAMILY.close, FAMILY.lossy
differs, unproven = FAMILY.differs, FAMILY.unproven
PAIRS = FAMILY.pairs

Args = tuple[Any, ...]


def filled(module: nn.Module) -> nn.Module:
    """The module with fixed parameters."""
    make = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=make))
    return module


def rows() -> torch.Tensor:
    """Five rows of three numbers."""
    return torch.randn(5, 3, generator=torch.Generator().manual_seed(1))


def network() -> Args:
    """Two layers with a normalisation and a dropout, in training, and rows for it."""
    layers = (nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4, 2))
    return filled(nn.Sequential(*layers)), rows()


def linear() -> Args:
    """One layer and rows for it."""
    return filled(nn.Linear(3, 3)), rows()


def normalised() -> Args:
    """A normalisation in training and rows for it."""
    return nn.BatchNorm1d(3), rows()


def training(
    kind: Callable[..., torch.optim.Optimizer] = torch.optim.SGD, **options: Any
) -> Callable[[], Args]:
    """Makes a layer with gradients and its optimizer."""

    def make() -> Args:
        layer = filled(nn.Linear(3, 2))
        layer(rows()).square().sum().backward()
        return layer, kind(layer.parameters(), lr=0.5, **options)

    return make


def then(*steps: Callable[..., Any]) -> Callable[..., Any]:
    """A function that does these steps with its arguments and returns what the first one gives."""

    def run(*args: Any) -> Any:
        first, *_ = [step(*args) for step in steps]
        return first

    return run


def call(module: nn.Module, *args: Any) -> Any:
    """What the module makes of the arguments."""
    return module(*args)


def one_by_one(module: nn.Sequential, x: torch.Tensor) -> torch.Tensor:
    """The layers applied in a loop."""
    for layer in module:
        x = layer(x)
    return x


def by_function(module: nn.BatchNorm1d, x: torch.Tensor, counting: bool) -> torch.Tensor:
    """A normalisation without its module, with or without counting the batch."""
    if counting and module.num_batches_tracked is not None:
        module.num_batches_tracked.add_(1)
    return F.batch_norm(
        x, module.running_mean, module.running_var, module.weight, module.bias, True, 0.1, module.eps
    )


def step_by_hand(layer: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """A step of plain gradient descent."""
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(parameter.grad, alpha=-0.5)


def step(layer: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """A step of the optimizer."""
    optimizer.step()


def cleared(to_none: bool) -> Callable[..., None]:
    """Takes the gradients away, or sets them to zero."""
    return lambda layer, optimizer: optimizer.zero_grad(set_to_none=to_none)


def tied(share: bool) -> nn.Module:
    """Two layers with one weight, or with two equal ones."""
    pair = nn.Sequential(filled(nn.Linear(3, 3)), filled(nn.Linear(3, 3)))
    if share:
        pair[1].weight = pair[0].weight
    return pair


def buffered(persistent: bool) -> nn.Module:
    """A module with a buffer that is saved with it or not."""
    module = nn.Module()
    module.register_buffer("table", torch.ones(2), persistent=persistent)
    return module


def ordered(*names: str) -> nn.Module:
    """A module whose parameters were registered in this order."""
    module = nn.Module()
    for name in names:
        module.register_parameter(name, nn.Parameter(torch.ones(1)))
    return module


def hook(module: nn.Module, args: Any, output: Any) -> None:
    """A hook that does nothing."""


def other_hook(module: nn.Module, args: Any, output: Any) -> None:
    """Another one."""


def hooked_twice(order: tuple[Callable[..., None], ...], spare: int) -> nn.Module:
    """A module with hooks, registered after so many others in the process."""
    for _ in range(spare):
        nn.ReLU().register_forward_hook(hook).remove()
    module = nn.ReLU()
    for one in order:
        module.register_forward_hook(one, always_call=one is hook)
    return module


def replaced(layer: nn.Module, x: torch.Tensor) -> None:
    """Doubles a weight by putting another parameter in its place."""
    layer.weight = nn.Parameter(layer.weight.detach() * 2)


def scheduled(optimizer: torch.optim.Optimizer, steps: int) -> Any:
    """A scheduler that has gone so far."""
    optimizer.step()
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 1.0)
    for _ in range(steps):
        scheduler.step()
    return scheduler


def lazily(initialised: bool) -> nn.Module:
    """A layer that finds out its width by its first input."""
    layer = nn.LazyLinear(2)
    if initialised:
        layer(torch.ones(1, 3))
    return layer


def scaled(factor: float) -> torch.amp.GradScaler:
    """A scaler of gradients."""
    return torch.amp.GradScaler("cpu", init_scale=factor)


def parametrised(eager: bool) -> nn.Module:
    """A layer whose weight is computed from its direction and length, or a plain one of that weight."""
    layer = filled(nn.Linear(3, 2))
    return parametrizations.weight_norm(layer) if eager else layer


def reloaded(module: nn.Module) -> nn.Module:
    """The module with its own state loaded into it."""
    module.load_state_dict(copy.deepcopy(module.state_dict()))
    return module


def doubled(layer: nn.Module, x: torch.Tensor) -> None:
    """Doubles a weight in place."""
    with torch.no_grad():
        layer.weight.mul_(2)


def shortened(layer: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Takes a parameter away from the optimizer."""
    del optimizer.param_groups[0]["params"][-1]


def set_on(**attributes: Any) -> Callable[..., None]:
    """Sets attributes on a module."""

    def run(module: nn.Module, x: torch.Tensor) -> None:
        for name, value in attributes.items():
            setattr(module, name, value)

    return run


# The same.
exact("layers in a loop", call, one_by_one, network)
exact("a layer as a function", call, lambda m, x: F.linear(x, m.weight, m.bias), linear)
exact("a normalisation as a function", call, lambda m, x: by_function(m, x, True), normalised)
exact("a mode switched and back", call, then(lambda m, x: m.eval().train() and m(x)), network)
exact(
    "a copied module",
    call,
    lambda m, x: copy.deepcopy(m)(x),
    lambda: (filled(nn.Linear(3, 3)).eval().requires_grad_(False), rows()),
)
exact("a hook that is gone again", call, lambda m, x: m.register_forward_hook(hook).remove() or m(x), linear)
exact(
    "hooks after many others",
    lambda: hooked_twice((hook, other_hook), 0),
    lambda: hooked_twice((hook, other_hook), 5),
    why="Their keys count all hooks of the process.",
)
exact("a step of descent by hand", step, step_by_hand, training())
exact("gradients cleared", cleared(True), lambda layer, _: layer.zero_grad(), training())
exact("one weight of two layers", lambda: tied(True), lambda: copy.deepcopy(tied(True)))
exact("a state in two ways", lambda m, x: m.state_dict(), lambda m, x: copy.copy(m.state_dict()), linear)
exact("a scheduler", lambda layer, o: scheduled(o, 2), lambda layer, o: scheduled(o, 2), training())
exact("a lazy layer that is initialised", lambda: filled(lazily(True)), lambda: filled(lazily(True)))
exact("a scaler", lambda: scaled(8.0), lambda: scaled(2.0**3))
exact(
    "a weight of a direction and a length",
    lambda: parametrised(True),
    lambda: reloaded(parametrised(True)),
)
exact("momentum in one step or each", step, lambda layer, o: torch.optim.SGD.step(o), training(momentum=0.9))
exact(
    "empty attributes of torch's own",
    lambda: nn.Linear(3, 2).requires_grad_(False),
    lambda: nn.Linear(3, 2).requires_grad_(False),
)
close(
    "a normalisation by hand",
    lambda m, x: m(x).detach(),
    lambda m, x: (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True, correction=0) + m.eps).sqrt(),
    lambda: (nn.LayerNorm(3), rows()),
)
exact("steps of all parameters at once", step, lambda layer, o: one_at_a_time(o), training(torch.optim.Adam))


def one_at_a_time(optimizer: torch.optim.Optimizer) -> None:
    """A step that does not take all parameters together, with the option put back."""
    for group in optimizer.param_groups:
        group["foreach"] = True
    optimizer.step()
    for group in optimizer.param_groups:
        group["foreach"] = None


# Changed.
differs("the count of batches", call, lambda m, x: by_function(m, x, False), normalised)
differs(
    "statistics not updated",
    call,
    lambda m, x: F.batch_norm(x, None, None, m.weight, m.bias, True),
    normalised,
)
differs("the mode of the whole", call, then(call, lambda m, x: m.eval()), network)
differs("the mode of one layer", call, then(call, lambda m, x: m[3].eval()), network)
differs(
    "a layer skipped that draws",
    lambda m, x: m[3](x),
    lambda m, x: F.dropout(torch.cat([x, x]), 0.5)[: len(x)],
    network,
    why="The same numbers are dropped, but more are drawn.",
)
differs(
    "the order of parameters",
    lambda: ordered("a", "b"),
    lambda: ordered("b", "a"),
    why="Optimizers count them.",
)
differs(
    "the order of layers",
    lambda: nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.ReLU())),
    lambda: nn.Sequential(OrderedDict(b=nn.ReLU(), a=nn.ReLU())),
)
differs("a buffer that is not saved", lambda: buffered(True), lambda: buffered(False))
differs("a buffer for a parameter", lambda: ordered("a"), lambda: set_buffer(nn.Module()))
differs("a weight of its own", lambda: tied(True), lambda: untied(tied(True)))
differs("a hook that stays", call, lambda m, x: m.register_forward_hook(hook) and m(x), linear)
differs(
    "another order of hooks",
    lambda: hooked_twice((hook, other_hook), 0),
    lambda: hooked_twice((other_hook, hook), 0),
)
differs(
    "another parameter in place",
    doubled,
    replaced,
    linear,
    why="An optimizer of the caller's holds the one before.",
)
differs("an attribute of a module", call, then(call, set_on(seen=1)), linear)
differs("an empty attribute of a module", call, then(call, set_on(cache={})), linear)
differs(
    "parameters frozen",
    lambda m, x: m(x).detach(),
    then(lambda m, x: m(x).detach(), lambda m, x: m.requires_grad_(False)),
    linear,
)
differs(
    "parameters narrowed",
    lambda m, x: m(x).detach(),
    then(lambda m, x: m(x).detach(), lambda m, x: m.half()),
    linear,
)
differs("gradients of zero for none", cleared(True), cleared(False), training())
differs("no step", step, lambda layer, o: None, training(torch.optim.Adam))
differs(
    "an option of the optimizer",
    step,
    then(step, lambda layer, o: o.param_groups[0].update(maximize=True)),
    training(),
)
differs(
    "an option spelled out",
    step,
    then(step, lambda layer, o: o.param_groups[0].update(foreach=False)),
    training(),
)
differs("momentum thrown away", step, then(step, lambda layer, o: o.state.clear()), training(momentum=0.9))
lossy(
    "steps counted twice",
    step,
    then(step, lambda layer, o: o.state[layer.bias]["step"].add_(1)),
    training(torch.optim.Adam),
    why="The count is a float tensor, and far off.",
)
differs(
    "a parameter that is not trained",
    lambda m, o: None,
    shortened,
    training(),
)
differs(
    "a scheduler one step further",
    lambda layer, o: scheduled(o, 2),
    lambda layer, o: scheduled(o, 3),
    training(),
)
differs(
    "a state without its versions",
    lambda m, x: m.state_dict(),
    lambda m, x: OrderedDict(m.state_dict()),
    linear,
)
differs(
    "a state with its graph", lambda m, x: m.state_dict(), lambda m, x: m.state_dict(keep_vars=True), linear
)
differs(
    "a state that is copied", lambda m, x: m.state_dict(), lambda m, x: copy.deepcopy(m.state_dict()), linear
)
differs("a lazy layer left so", lambda: filled(lazily(True)), lambda: lazily(False))
differs("a plain weight", lambda: parametrised(True), lambda: parametrised(False))
lossy("another scale", lambda: scaled(8.0), lambda: scaled(16.0))
differs("another rate", step, then(step, lambda layer, o: o.param_groups[0].update(lr=0.25)), training())
unproven("a scripted module", lambda: torch.jit.script(nn.ReLU()), lambda: torch.jit.script(nn.ReLU()))
unproven("a compiled module", lambda: torch.compile(nn.ReLU()), lambda: torch.compile(nn.ReLU()))
unproven(
    "a traced module", lambda: torch.fx.symbolic_trace(nn.ReLU()), lambda: torch.fx.symbolic_trace(nn.ReLU())
)


def set_buffer(module: nn.Module) -> nn.Module:
    """The module with a buffer where others have a parameter."""
    module.register_buffer("a", torch.ones(1))
    return module


def untied(pair: nn.Module) -> nn.Module:
    """The pair with an equal weight for each."""
    pair[1].weight = nn.Parameter(pair[0].weight.detach().clone())
    return pair
