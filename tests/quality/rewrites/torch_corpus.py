"""Rewrites of the corpus programs that train or run torch modules."""

from __future__ import annotations

from tests.quality.rewrites.model import Rewrite

ATTENTION = "corpus/attention/attention.py::CausalSelfAttention"
EVALUATE = "corpus/evaluate_classifier/evaluate_classifier.py::evaluate"
FIT = "corpus/mlp_training/mlp_training.py::fit"
FINETUNE = "corpus/finetune/finetune.py::finetune"
VAE = "corpus/vae/vae.py::VAE"
TAGGER = "corpus/sequence_tagger/sequence_tagger.py::Tagger"
ENCODER = "corpus/document_encoder/document_encoder.py::embed_documents"
JOINT = "corpus/joint_update/joint_update.py::joint_update"
CRITIC = "corpus/critic_guidance/critic_guidance.py::GuidedGenerator"

REWRITES = (
    Rewrite(
        "attention: scores scaled in place", ATTENTION,
        (("scores = scores / math.sqrt(self.head_width)", "scores /= math.sqrt(self.head_width)"),),
        "exact", "neither a product nor a division by a number needs its result for the gradient",
    ),
    Rewrite(
        "attention: masked in place", ATTENTION,
        (('scores = scores.masked_fill(~mask, float("-inf"))', 'scores.masked_fill_(~mask, float("-inf"))'),),
        "exact", "the gradient needs the mask only",
    ),
    Rewrite(
        "attention: queries scaled instead of scores", ATTENTION,
        (("scores = torch.matmul(q, k.transpose(-2, -1))\n        scores = scores / math.sqrt(self.head_width)",
          "scores = torch.matmul(q / math.sqrt(self.head_width), k.transpose(-2, -1))"),),
        "close", "rounds before the sum and not after it",
    ),
    Rewrite(
        "attention: mask without the diagonal", ATTENTION,
        (("mask = torch.tril(torch.ones(length, length, dtype=torch.bool, device=x.device))",
          "mask = torch.tril(torch.ones(length, length, dtype=torch.bool, device=x.device), -1)"),),
        "unsound", "a position does not see itself, and the first sees nothing",
    ),
    Rewrite(
        "attention: weights without a graph", ATTENTION,
        (("weights = torch.softmax(scores, dim=-1)", "weights = torch.softmax(scores.detach(), dim=-1)"),),
        "unsound", "queries and keys get no gradient",
    ),
    Rewrite(
        "attention: queries scaled in place", ATTENTION,
        (("        scores = scores / math.sqrt(self.head_width)\n", ""),
         ("scores = torch.matmul(q, k", "q /= math.sqrt(self.head_width)\n        scores = torch.matmul(q, k")),
        "unsound", "one of several views that `chunk` made must not change in place: autograd raises",
    ),
    Rewrite(
        "evaluate: without gradients", EVALUATE,
        (("def evaluate(", "@torch.no_grad()\ndef evaluate("),),
        "exact", "only plain numbers leave the function, and nothing in it asks for a gradient",
    ),
    Rewrite(
        "evaluate: inference mode for the loop", EVALUATE,
        (("        logits = model(batch.flatten(1))\n        loss = criterion(logits, target)",
          "        with torch.inference_mode():\n            logits = model(batch.flatten(1))\n"
          "            loss = criterion(logits, target)"),),
        "exact", "only plain numbers leave the function",
    ),
    Rewrite(
        "evaluate: losses detached", EVALUATE,
        (("losses.append(loss * len(batch))", "losses.append(loss.detach() * len(batch))"),
         ("all_logits.append(logits)", "all_logits.append(logits.detach())")),
        "exact", "no gradient is asked for",
    ),
    Rewrite(
        "evaluate: gradients switched off for good", EVALUATE,
        (("    model.eval()\n", "    model.eval()\n    torch.set_grad_enabled(False)\n"),),
        "unsound", "they stay off after the call",
    ),
    Rewrite(
        "evaluate: mean of the batches' means", EVALUATE,
        (("losses.append(loss * len(batch))", "losses.append(loss.detach())"),
         ("(torch.stack(losses).sum() / len(images)).item()", "torch.stack(losses).mean().item()")),
        "unsound", "the last batch is smaller",
    ),
    Rewrite(
        "evaluate: mode left to the caller", EVALUATE,
        (("    model.eval()\n", ""),),
        "unsound", "a model in training mode stays in it",
    ),
    Rewrite(
        "fit: total loss detached", FIT,
        (("total += loss\n", "total += loss.detach()\n"),),
        "exact", "the total is only read as a number",
    ),
    Rewrite(
        "fit: validation without gradients", FIT,
        (("def validate(", "@torch.no_grad()\ndef validate("),),
        "exact", "only plain numbers leave the function",
    ),
    Rewrite(
        "fit: gradients cleared once an epoch", FIT,
        (("        optimizer.zero_grad()\n", ""), ("    total = 0.0\n", "    total = 0.0\n    optimizer.zero_grad()\n")),
        "unsound", "gradients of all batches so far add up",
    ),
    Rewrite(
        "fit: an optimiser without state", FIT,
        (("torch.optim.Adam(model.parameters(), lr=rate)", "torch.optim.SGD(model.parameters(), lr=rate)"),),
        "unsound", "another optimiser",
    ),
    Rewrite(
        "fit: gradients off for validation, and not on again", FIT,
        (("    model.eval()\n    losses = []", "    model.eval().requires_grad_(False)\n    losses = []"),),
        "unsound", "the second epoch cannot train the model",
    ),
    Rewrite(
        "finetune: graph not retained", FINETUNE,
        (("loss.backward(retain_graph=True)", "loss.backward()"),),
        "exact", "every step makes a graph of its own",
    ),
    Rewrite(
        "finetune: features without gradients", FINETUNE,
        (("        features = backbone(inputs)", "        with torch.no_grad():\n            features = backbone(inputs)"),),
        "close", "only the head is trained; nobody asks for the gradient of the inputs",
    ),
    Rewrite(
        "finetune: gradients kept over the steps", FINETUNE,
        (("        optimizer.zero_grad()\n", ""),),
        "unsound", "gradients of all steps so far add up",
    ),
    Rewrite(
        "finetune: features normalised by the library", FINETUNE,
        (("    backbone.eval()\n", "    backbone.eval().half().float()\n"),),
        "unsound", "weights that went through half precision have lost digits",
    ),
    Rewrite(
        "vae: gelu of the library", VAE,
        (("inner = math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3)\n    return 0.5 * x * (1.0 + torch.tanh(inner))",
          'return nn.functional.gelu(x, approximate="tanh")'),),
        "close", "the same formula, rounded elsewhere",
    ),
    Rewrite(
        "vae: square by a product", VAE,
        (("mean.pow(2)", "mean * mean"),),
        "exact", "its gradient is added up from two equal parts, which is exact as doubling is",
    ),
    Rewrite(
        "vae: pixels viewed flat", VAE,
        (("flat = images.flatten(1)", "flat = images.view(images.shape[0], -1)"),),
        "unsound", "images that are not contiguous cannot be viewed",
    ),
    Rewrite(
        "vae: one noise for the batch", VAE,
        (("noise = torch.randn_like(mean)", "noise = torch.randn_like(mean[:1])"),),
        "unsound", "samples of a batch share their noise",
    ),
    Rewrite(
        "vae: encoder without gradients", VAE,
        (("        mean, log_variance = self.encoder(flat)",
          "        with torch.no_grad():\n            mean, log_variance = self.encoder(flat)"),),
        "unsound", "the encoder is not trained",
    ),
    Rewrite(
        "tagger: layer norm of the library", TAGGER,
        (("        mean = x.mean(dim=-1, keepdim=True)\n        variance = ((x - mean) ** 2).mean(dim=-1, keepdim=True)\n"
          "        normalised = (x - mean) / torch.sqrt(variance + self.eps)\n        return self.gain * normalised + self.bias",
          "        return F.layer_norm(x, x.shape[-1:], self.gain, self.bias, self.eps)"),),
        "close", "the same formula, rounded elsewhere",
    ),
    Rewrite(
        "tagger: silu", TAGGER,
        (("gate * torch.sigmoid(gate)", "F.silu(gate)"),),
        "close", "the same formula, rounded elsewhere",
    ),
    Rewrite(
        "tagger: rows looked up", TAGGER,
        (("onehot = F.one_hot(tokens, self.vocabulary).float()\n        return onehot @ self.table",
          "return F.embedding(tokens, self.table)"),),
        "close", "the gradient of a row is added up in another order",
    ),
    Rewrite(
        "tagger: rows looked up, the first as padding", TAGGER,
        (("onehot = F.one_hot(tokens, self.vocabulary).float()\n        return onehot @ self.table",
          "return F.embedding(tokens, self.table, padding_idx=0)"),),
        "unsound", "the first row gets no gradient",
    ),
    Rewrite(
        "tagger: variance of the library", TAGGER,
        (("variance = ((x - mean) ** 2).mean(dim=-1, keepdim=True)", "variance = x.var(dim=-1, keepdim=True)"),),
        "unsound", "divides by n - 1 where n was",
    ),
    Rewrite(
        "tagger: gate in place", TAGGER,
        (("self.down(gate * torch.sigmoid(gate) * self.up(normed))",
          "self.down(gate.mul_(torch.sigmoid(gate)) * self.up(normed))"),),
        "exact", "autograd keeps the factors of a product in place, and a sigmoid needs its result only",
    ),
    Rewrite(
        "tagger: sigmoid in place", TAGGER,
        (("self.down(gate * torch.sigmoid(gate) * self.up(normed))",
          "self.down(gate.sigmoid_() * gate * self.up(normed))"),),
        "unsound", "the gate itself is gone before it is multiplied",
    ),
    Rewrite(
        "encoder: relu in place", ENCODER,
        (("activated = torch.relu(hidden)", "activated = torch.relu_(hidden)"),),
        "exact", "no gradients here, and `hidden` is not used again",
    ),
    Rewrite(
        "encoder: scores masked in place", ENCODER,
        (("blocked = scores.masked_fill(padding[:, None, None, :], -1e9)",
          "blocked = scores.masked_fill_(padding[:, None, None, :], -1e9)"),),
        "exact", "no gradients here, and the scores are not used again",
    ),
    Rewrite(
        "encoder: residual in place", ENCODER,
        (("x = x + self.attend(self.norm1(x), padding)", "x += self.attend(self.norm1(x), padding)"),),
        "exact", "every layer's input is a fresh tensor of the model",
    ),
    Rewrite(
        "encoder: mean over padding too", ENCODER,
        (("pooled = (states * keep).sum(dim=1) / keep.sum(dim=1).clamp(min=1.0)", "pooled = (states * keep).mean(dim=1)"),
         ("return nn.functional.normalize(pooled, dim=-1)", "return pooled")),
        "unsound", "neither the scale nor the length is right any more",
    ),
    Rewrite(
        "encoder: mode left to the caller", ENCODER,
        (("    model.eval()\n", ""),),
        "unsound", "a model in training mode stays in it",
    ),
    Rewrite(
        "joint: a backward pass a task", JOINT,
        (("        total += loss\n", "        (loss / len(tasks)).backward()\n        total += loss.detach()\n"),
         ("    mean.backward()\n", "")),
        "close", "gradients of the tasks are added up in another order",
    ),
    Rewrite(
        "joint: total loss detached", JOINT,
        (("total += loss\n", "total += loss.detach()\n"),),
        "unsound", "the update needs the graph",
    ),
    Rewrite(
        "joint: a backward pass a task, not divided", JOINT,
        (("        total += loss\n", "        loss.backward()\n        total += loss.detach()\n"),
         ("    mean.backward()\n", "")),
        "unsound", "gradients of the sum where those of the mean were",
    ),
    Rewrite(
        "critic: a column for a squeeze", CRITIC,
        (("return ratings.squeeze(-1)", "return ratings[:, 0]"),),
        "exact", "the critic has one output",
    ),
    Rewrite(
        "critic: no gradients in the critic", CRITIC,
        (("    def evaluate(", "    @torch.no_grad()\n    def evaluate("),),
        "unsound", "the generator's gradient runs through the critic",
    ),
    Rewrite(
        "critic: samples detached", CRITIC,
        (("ratings = self.critic(samples)", "ratings = self.critic(samples.detach())"),),
        "unsound", "the generator's gradient runs through the critic",
    ),
)  # fmt: skip
