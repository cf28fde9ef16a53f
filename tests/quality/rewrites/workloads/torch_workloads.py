"""Calls of functions of torch that are written in Python."""

import torch

from codeopt import Call, workload


def rows(scale: float, most: int = 1000) -> int:
    return max(3, int(most * scale))


@workload("torch_optim_sgd.py::_single_tensor_sgd")
def descent(scale: float, seed: int) -> Call:
    torch.manual_seed(seed)
    shapes = [(rows(scale), 4), (4,)]
    lists = [[torch.randn(shape) for shape in shapes] for _ in range(3)]
    settings = {
        "weight_decay": 0.01, "momentum": 0.9, "lr": 0.1, "dampening": 0.0, "nesterov": True,
        "maximize": False, "has_sparse_grad": False,
    }  # fmt: skip
    return Call(args=(*lists, None, None), kwargs=settings)


@workload("torch_optim_adagrad.py::_single_tensor_adagrad")
def adaptive(scale: float, seed: int) -> Call:
    torch.manual_seed(seed)
    shapes = [(rows(scale), 4), (4,)]
    params, grads = ([torch.randn(shape) for shape in shapes] for _ in range(2))
    sums = [torch.rand(shape) for shape in shapes]
    settings = {
        "lr": 0.1, "weight_decay": 0.01, "lr_decay": 0.1, "eps": 1e-10, "has_sparse_grad": False,
        "maximize": False, "differentiable": False, "has_complex": False,
    }  # fmt: skip
    return Call(args=(params, grads, sums, [torch.tensor(3.0) for _ in shapes], None, None), kwargs=settings)


@workload("torch_distributions_utils.py::probs_to_logits")
def probabilities(scale: float, seed: int) -> Call:
    torch.manual_seed(seed)
    return Call(args=(torch.rand(rows(scale), 6),), kwargs={"is_binary": True})


@workload("torch_nn_utils_fusion.py::fuse_conv_bn_weights")
def convolution(scale: float, seed: int) -> Call:
    torch.manual_seed(seed)
    out = rows(scale, 200)
    vectors = [torch.rand(out) + 0.1 for _ in range(5)]
    return Call(
        args=(torch.randn(out, 3, 3, 3), vectors[0], vectors[1], vectors[2], 1e-5, vectors[3], vectors[4])
    )


@workload("torch_nn_utils_rnn.py::unpad_sequence")
def sequences(scale: float, seed: int) -> Call:
    torch.manual_seed(seed)
    count = rows(scale, 100)
    return Call(args=(torch.randn(count, 7, 2), torch.randint(1, 8, (count,)), True))


@workload("torch_nn_utils_convert_parameters.py::parameters_to_vector")
def parameters(scale: float, seed: int) -> Call:
    torch.manual_seed(seed)
    return Call(args=([torch.randn(rows(scale), 4), torch.randn(5), torch.randn(2, 3)],))


@workload("torch__lowrank.py::get_approximate_basis")
def low_rank(scale: float, seed: int) -> Call:
    torch.manual_seed(seed)
    return Call(args=(torch.randn(rows(scale), 8), 3))
