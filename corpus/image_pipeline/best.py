"""Enhance a scanned photograph: gamma, unsharp mask, edge emphasis, vignette, thumbnail."""

import numpy as np

LEVELS = 255.0


def box_blur(image, radius=2):
    """Mean over a square window, computed from running sums."""
    size = 2 * radius + 1
    padded = np.pad(image, radius, mode="edge")
    np.cumsum(padded, axis=0, out=padded)
    columns = np.empty((padded.shape[0] - size + 1, padded.shape[1]), dtype=padded.dtype)
    columns[0] = padded[size - 1]
    np.subtract(padded[size:], padded[:-size], out=columns[1:])
    del padded
    np.cumsum(columns, axis=1, out=columns)
    rows = np.empty((columns.shape[0], columns.shape[1] - size + 1), dtype=columns.dtype)
    rows[:, 0] = columns[:, size - 1]
    np.subtract(columns[:, size:], columns[:, :-size], out=rows[:, 1:])
    rows /= size**2
    return rows


def edge_strength(image):
    """Length of the gradient by central differences; the frame has none."""
    dx = np.zeros_like(image)
    dy = np.zeros_like(image)
    dx[:, 1:-1] = image[:, 2:] - image[:, :-2]
    dy[1:-1, :] = image[2:, :] - image[:-2, :]
    np.square(dx, out=dx)
    np.square(dy, out=dy)
    dx += dy
    np.sqrt(dx, out=dx)
    return dx


def vignette(height, width, falloff=0.4):
    y = np.linspace(-1.0, 1.0, height)
    x = np.linspace(-1.0, 1.0, width)
    return np.outer(1.0 - falloff * y**2, 1.0 - falloff * x**2)


def thumbnail(image, step=4):
    height, width = (max(1, side // step) for side in image.shape)
    return image[: height * step : step, : width * step : step].copy()


def enhance(image, gamma=0.8, amount=0.6):
    """Return a thumbnail of the enhanced image and the share of it that is edges."""
    brightened = image / LEVELS
    brightened **= gamma

    detail = box_blur(brightened)
    np.subtract(brightened, detail, out=detail)
    detail *= amount
    brightened += detail
    del detail
    clipped = np.clip(brightened, 0.0, 1.0, out=brightened)

    strength = edge_strength(clipped)
    threshold = strength.mean() + 2.0 * strength.std()
    edges = strength > threshold
    del strength
    # flat regions are dimmed a little, so that outlines stand out
    np.multiply(clipped, 0.9, out=clipped, where=~edges)
    shade = vignette(*image.shape)
    clipped *= shade

    share = np.count_nonzero(edges) / edges.size
    return thumbnail(clipped), float(share)
