"""Enhance a scanned photograph: gamma, unsharp mask, edge emphasis, vignette, thumbnail."""

import numpy as np

LEVELS = 255.0


def box_blur(image, radius=2):
    """Mean over a square window, computed from running sums."""
    size = 2 * radius + 1
    padded = np.pad(image, radius, mode="edge")
    columns = np.cumsum(padded, axis=0)
    columns = np.vstack([columns[size - 1 : size], columns[size:] - columns[:-size]])
    rows = np.cumsum(columns, axis=1)
    rows = np.hstack([rows[:, size - 1 : size], rows[:, size:] - rows[:, :-size]])
    return rows / size**2


def edge_strength(image):
    """Length of the gradient by central differences; the frame has none."""
    dx = np.zeros_like(image)
    dy = np.zeros_like(image)
    dx[:, 1:-1] = image[:, 2:] - image[:, :-2]
    dy[1:-1, :] = image[2:, :] - image[:-2, :]
    strength = np.sqrt(dx**2 + dy**2)
    return strength


def vignette(height, width, falloff=0.4):
    y = np.linspace(-1.0, 1.0, height)
    x = np.linspace(-1.0, 1.0, width)
    return np.outer(1.0 - falloff * y**2, 1.0 - falloff * x**2)


def thumbnail(image, step=4):
    height, width = (max(1, side // step) for side in image.shape)
    return image[: height * step : step, : width * step : step].copy()


def enhance(image, gamma=0.8, amount=0.6):
    """Return a thumbnail of the enhanced image and the share of it that is edges."""
    normalised = image / LEVELS
    brightened = normalised**gamma

    blurred = box_blur(brightened)
    detail = brightened - blurred
    sharpened = brightened + amount * detail
    clipped = np.clip(sharpened, 0.0, 1.0)

    strength = edge_strength(clipped)
    threshold = strength.mean() + 2.0 * strength.std()
    edges = strength > threshold
    # flat regions are dimmed a little, so that outlines stand out
    emphasised = np.where(edges, clipped, 0.9 * clipped)
    shade = vignette(*image.shape)
    shaded = emphasised * shade

    share = edges.astype(float).mean()
    return thumbnail(shaded), float(share)
