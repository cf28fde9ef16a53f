"""Train the regressor on a noisy wave, and keep the model and its metrics."""

import argparse
import json
from pathlib import Path

import torch
from mlp_training import Regressor, fit


def noisy_wave(count, size, inputs):
    """Batches of `size` samples each."""
    for _ in range(count):
        x = torch.randn(size, inputs)
        yield x, torch.sin(x.sum(dim=1)) + 0.1 * torch.randn(size)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batches", type=int, default=60)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--out", type=Path, default=Path("run"))
    options = parser.parse_args(arguments)
    if options.seed is not None:
        torch.manual_seed(options.seed)

    model = Regressor(32)
    train_batches = list(noisy_wave(10, 256, 32))
    valid_batches = list(noisy_wave(options.batches, 256, 32))
    history = fit(model, train_batches, valid_batches, epochs=options.epochs)
    for entry in history:
        print(f"epoch {entry['epoch']}: train {entry['train']:.6f}, valid {entry['valid']:.6f}")

    options.out.mkdir(exist_ok=True)
    torch.save(model.state_dict(), options.out / "model.pt")
    (options.out / "metrics.json").write_text(json.dumps(history, indent=2))
    return model, history


if __name__ == "__main__":
    main()
