"""Rewrites of functions of torch that are written in Python."""

from __future__ import annotations

from tests.quality.rewrites.model import Rewrite

SGD = "torch.optim.sgd::_single_tensor_sgd"
ADAGRAD = "torch.optim.adagrad::_single_tensor_adagrad"
LOGITS = "torch.distributions.utils::probs_to_logits"
FUSION = "torch.nn.utils.fusion::fuse_conv_bn_weights"
UNPAD = "torch.nn.utils.rnn::unpad_sequence"
VECTOR = "torch.nn.utils.convert_parameters::parameters_to_vector"
BASIS = "torch._lowrank::get_approximate_basis"

_DECAY = (
    "                    grad = grad.add(param, alpha=weight_decay)\n"
    "            else:\n                grad = grad.add(param, alpha=weight_decay)\n"
)

REWRITES = (
    Rewrite(
        "sgd: step by addition", SGD,
        (("        else:\n            param.add_(grad, alpha=-lr)\n\n\ndef _multi", "        else:\n            param.sub_(grad, alpha=lr)\n\n\ndef _multi"),),
        "exact", "subtraction is addition of the negative",
    ),
    Rewrite(
        "sgd: look ahead in the fresh gradient", SGD,
        (("                grad = grad.add(buf, alpha=momentum)\n            else:\n                grad = buf\n\n        # Nested if is necessary to bypass jitscript rules\n        if isinstance(lr, Tensor):\n            if lr.requires_grad:\n                param.addcmul_(grad, lr, value=-1)",
          "                grad = grad.add_(buf, alpha=momentum) if weight_decay != 0 else grad.add(buf, alpha=momentum)\n            else:\n                grad = buf\n\n        # Nested if is necessary to bypass jitscript rules\n        if isinstance(lr, Tensor):\n            if lr.requires_grad:\n                param.addcmul_(grad, lr, value=-1)"),),
        "exact", "with weight decay the gradient is fresh by then",
    ),
    Rewrite(
        "sgd: decay in the gradient", SGD,
        ((_DECAY, _DECAY.replace("            else:\n                grad = grad.add(", "            else:\n                grad = grad.add_(")),),
        "unsound", "changes the caller's gradients",
    ),
    Rewrite(
        "sgd: look ahead in the buffer", SGD,
        (("                grad = grad.add(buf, alpha=momentum)\n            else:\n                grad = buf\n\n        # Nested if is necessary to bypass jitscript rules\n        if isinstance(lr, Tensor):\n            if lr.requires_grad:\n                param.addcmul_(grad, lr, value=-1)",
          "                grad = buf.mul_(momentum).add_(grad)\n            else:\n                grad = buf\n\n        # Nested if is necessary to bypass jitscript rules\n        if isinstance(lr, Tensor):\n            if lr.requires_grad:\n                param.addcmul_(grad, lr, value=-1)"),),
        "unsound", "the buffer is kept for the next step",
    ),
    Rewrite(
        "sgd: momentum without the dampening's complement", SGD,
        (("                buf.mul_(momentum).add_(grad, alpha=1 - dampening)\n\n            if nesterov:\n                grad = grad.add(buf, alpha=momentum)\n            else:\n                grad = buf\n\n        # Nested",
          "                buf.lerp_(grad, 1 - momentum)\n\n            if nesterov:\n                grad = grad.add(buf, alpha=momentum)\n            else:\n                grad = buf\n\n        # Nested"),),
        "unsound", "a mean where a sum was",
    ),
    Rewrite(
        "adagrad: root in two steps", ADAGRAD,
        (("                std = state_sum.sqrt().add_(eps)\n            param.addcdiv_", "                std = state_sum.sqrt()\n                std += eps\n            param.addcdiv_"),),
        "exact", "the root is fresh",
    ),
    Rewrite(
        "adagrad: square by a product", ADAGRAD,
        (("            state_sum.addcmul_(grad, grad, value=1)\n            if differentiable:", "            state_sum.add_(grad * grad)\n            if differentiable:"),),
        "close", "the fused step may round once where this rounds twice",
    ),
    Rewrite(
        "adagrad: root in the state", ADAGRAD,
        (("                std = state_sum.sqrt().add_(eps)\n            param.addcdiv_", "                std = state_sum.sqrt_().add_(eps)\n            param.addcdiv_"),),
        "unsound", "the sum of squares is kept for the next step",
    ),
    Rewrite(
        "adagrad: small number under the root", ADAGRAD,
        (("                std = state_sum.sqrt().add_(eps)\n            param.addcdiv_", "                std = (state_sum + 1e-3).sqrt()\n            param.addcdiv_"),),
        "unsound", "another formula",
    ),
    Rewrite(
        "adagrad: decay in the gradient", ADAGRAD,
        (("            grad = grad.add(param, alpha=weight_decay)\n\n        clr = lr / (1 + (step - 1) * lr_decay)\n\n        if grad.is_sparse:\n            grad = grad.coalesce()",
          "            grad = grad.add_(param, alpha=weight_decay)\n\n        clr = lr / (1 + (step - 1) * lr_decay)\n\n        if grad.is_sparse:\n            grad = grad.coalesce()"),),
        "unsound", "changes the caller's gradients",
    ),
    Rewrite(
        "adagrad: step counted outside", ADAGRAD,
        (("        step_t += 1\n        step = _get_value(step_t)\n        grad = grad if not maximize else -grad\n\n        if weight_decay != 0:\n            if grad.is_sparse:",
          "        step = _get_value(step_t + 1)\n        grad = grad if not maximize else -grad\n\n        if weight_decay != 0:\n            if grad.is_sparse:"),),
        "unsound", "the caller's count stays where it was",
    ),
    Rewrite(
        "logits: difference in place", LOGITS,
        (("        return torch.log(ps_clamped) - torch.log1p(-ps_clamped)\n", "        logits = torch.log(ps_clamped)\n        logits -= torch.log1p(-ps_clamped)\n        return logits\n"),),
        "exact", "a logarithm's gradient needs its argument, not its result",
    ),
    Rewrite(
        "logits: by the library", LOGITS,
        (("        return torch.log(ps_clamped) - torch.log1p(-ps_clamped)\n", "        return torch.log(ps_clamped / (1 - ps_clamped))\n"),),
        "close", "near 1 the complement is exact, and near one half both forms lose the same digits",
    ),
    Rewrite(
        "logits: clamped in place", LOGITS,
        (("    ps_clamped = clamp_probs(probs)\n", "    eps = torch.finfo(probs.dtype).eps\n    ps_clamped = probs.clamp_(min=eps, max=1 - eps)\n"),),
        "unsound", "changes the caller's probabilities",
    ),
    Rewrite(
        "logits: logarithm in place", LOGITS,
        (("        return torch.log(ps_clamped) - torch.log1p(-ps_clamped)\n", "        return ps_clamped.log_() - torch.log1p(-ps_clamped)\n"),),
        "unsound", "the complement is taken of the logarithm",
    ),
    Rewrite(
        "logits: no graph", LOGITS,
        (("    ps_clamped = clamp_probs(probs)\n", "    ps_clamped = clamp_probs(probs.detach())\n"),),
        "unsound", "probabilities get no gradient",
    ),
    Rewrite(
        "fusion: scale computed once", FUSION,
        (("    fused_conv_w = (conv_w * (bn_w * bn_var_rsqrt).reshape(shape)).to(\n", "    scale = (bn_w * bn_var_rsqrt).reshape(shape)\n    fused_conv_w = (conv_w * scale).to(\n"),),
        "exact", "the same steps",
    ),
    Rewrite(
        "fusion: bias with the common scale", FUSION,
        (("    fused_conv_b = ((conv_b - bn_rm) * bn_var_rsqrt * bn_w + bn_b).to(\n        dtype=conv_bias_dtype\n    )\n\n    return (\n        torch.nn.Parameter(fused_conv_w, conv_w",
          "    fused_conv_b = ((conv_b - bn_rm) * (bn_var_rsqrt * bn_w) + bn_b).to(\n        dtype=conv_bias_dtype\n    )\n\n    return (\n        torch.nn.Parameter(fused_conv_w, conv_w"),),
        "close", "rounds in another order",
    ),
    Rewrite(
        "fusion: weights scaled in place", FUSION,
        (("    fused_conv_w = (conv_w * (bn_w * bn_var_rsqrt).reshape(shape)).to(\n", "    fused_conv_w = conv_w.mul_((bn_w * bn_var_rsqrt).reshape(shape)).to(\n"),),
        "unsound", "changes the caller's weights, which the result then shares",
    ),
    Rewrite(
        "fusion: bias before the mean", FUSION,
        (("    fused_conv_b = ((conv_b - bn_rm) * bn_var_rsqrt * bn_w + bn_b).to(\n        dtype=conv_bias_dtype\n    )\n\n    return (\n        torch.nn.Parameter(fused_conv_w, conv_w",
          "    fused_conv_b = (conv_b - bn_rm * bn_var_rsqrt * bn_w + bn_b).to(\n        dtype=conv_bias_dtype\n    )\n\n    return (\n        torch.nn.Parameter(fused_conv_w, conv_w"),),
        "unsound", "the convolution's own bias is not scaled",
    ),
    Rewrite(
        "fusion: deviation without the small number", FUSION,
        (("    bn_var_rsqrt = torch.rsqrt(bn_rv + bn_eps)\n\n    if transpose:", "    bn_var_rsqrt = torch.rsqrt(bn_rv)\n\n    if transpose:"),),
        "unsound", "a variance of zero divides by zero",
    ),
    Rewrite(
        "unpad: cut by its length", UNPAD,
        (("        mask = idx < length\n        unpacked_seq = seq[mask]\n        unpadded_sequences.append(unpacked_seq)\n",
          "        unpadded_sequences.append(seq[:length].clone())\n"),),
        "unsound", "a copy keeps the layout of a turned batch, where indexing makes it row by row",
    ),
    Rewrite(
        "unpad: appended at once", UNPAD,
        (("        mask = idx < length\n        unpacked_seq = seq[mask]\n        unpadded_sequences.append(unpacked_seq)\n",
          "        unpadded_sequences.append(seq[idx < length])\n"),),
        "exact", "the same steps",
    ),
    Rewrite(
        "unpad: views of the batch", UNPAD,
        (("        mask = idx < length\n        unpacked_seq = seq[mask]\n        unpadded_sequences.append(unpacked_seq)\n",
          "        unpadded_sequences.append(seq[: max(0, int(length))])\n"),),
        "unsound", "the sequences share memory with the batch, and keep it alive",
    ),
    Rewrite(
        "unpad: inclusive", UNPAD,
        (("        mask = idx < length\n", "        mask = idx <= length\n"),),
        "unsound", "one step of padding too many",
    ),
    Rewrite(
        "vector: no list", VECTOR,
        (("        vec.append(param.view(-1))\n    return torch.cat(vec)\n", "        vec.append(param.view(-1))\n    return torch.concat(vec)\n"),),
        "exact", "another name of the same function",
    ),
    Rewrite(
        "vector: without gradients", VECTOR,
        (("        vec.append(param.view(-1))\n    return torch.cat(vec)\n", "        vec.append(param.detach().view(-1))\n    return torch.cat(vec)\n"),),
        "unsound", "the vector is cut off the parameters' graph",
    ),
    Rewrite(
        "vector: a single one as it is", VECTOR,
        (("        vec.append(param.view(-1))\n    return torch.cat(vec)\n", "        vec.append(param.view(-1))\n    return torch.stack(vec).view(-1) if len({len(v) for v in vec}) == 1 else torch.cat(vec[::-1])\n"),),
        "unsound", "the parameters stand in the other order",
    ),
    Rewrite(
        "vector: reshaped", VECTOR,
        (("        vec.append(param.view(-1))\n    return torch.cat(vec)\n", "        vec.append(param.T.reshape(-1))\n    return torch.cat(vec)\n"),),
        "unsound", "matrices are read column by column",
    ),
    Rewrite(
        "basis: product's name kept", BASIS,
        (("    Q = torch.linalg.qr(X).Q\n    for _ in range(niter):\n", "    Q = torch.linalg.qr(X).Q\n    del X, R\n    for _ in range(niter):\n"),),
        "exact", "neither is read again before it is bound",
    ),
    Rewrite(
        "basis: factor by its place", BASIS,
        (("        X = X - matmul(M, R)\n    Q = torch.linalg.qr(X).Q\n", "        X = X - matmul(M, R)\n    Q = torch.linalg.qr(X)[0]\n"),),
        "exact", "the same factor",
    ),
    Rewrite(
        "basis: one turn fewer", BASIS,
        (("    for _ in range(niter):\n        X = matmul(A.mH, Q)", "    for _ in range(niter - 1):\n        X = matmul(A.mH, Q)"),),
        "unsound", "less accurate by a turn",
    ),
    Rewrite(
        "basis: uniform start", BASIS,
        (("    R = torch.randn(A.shape[-1], q, dtype=dtype, device=A.device)\n\n    # The following", "    R = torch.rand(A.shape[-1], q, dtype=dtype, device=A.device)\n\n    # The following"),),
        "unsound", "another start, and other random numbers are left for the next draw",
    ),
    Rewrite(
        "basis: generator of its own", BASIS,
        (("    R = torch.randn(A.shape[-1], q, dtype=dtype, device=A.device)\n\n    # The following",
          "    generator = torch.Generator(A.device).manual_seed(0)\n    R = torch.randn(A.shape[-1], q, dtype=dtype, device=A.device, generator=generator)\n\n    # The following"),),
        "unsound", "the global generator does not move on, and every call starts alike",
    ),
)  # fmt: skip
