"""Bag of visual words: images as histograms over a codebook of local descriptors."""

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.metrics import pairwise_distances_argmin


def learn_codebook(descriptors, size, seed=0):
    """Cluster a sample of the descriptors; the centres are the visual words."""
    sample = descriptors[:: max(1, len(descriptors) // (20 * size))]
    clusterer = MiniBatchKMeans(size, n_init=1, max_iter=5, batch_size=256, random_state=seed)
    return clusterer.fit(sample).cluster_centers_


def assign(descriptors, codebook):
    """Number of the nearest visual word for every descriptor."""
    return pairwise_distances_argmin(descriptors, codebook)


def histograms(words, owners, images, size):
    """Relative frequency of each word in each image."""
    counts = np.zeros((images, size))
    np.add.at(counts, (owners, words), 1.0)
    totals = counts.sum(axis=1, keepdims=True)
    return counts / np.maximum(totals, 1.0)


def bag_of_words(descriptors, owners, images, size=64):
    """Histograms of all images, weighted so that common words count less.

    `owners` holds for each descriptor the number of the image it came from.
    """
    # root-SIFT: the square root of L1-normalised descriptors
    sums = np.abs(descriptors).sum(axis=1, keepdims=True)
    rooted = descriptors / np.maximum(sums, 1e-12)
    np.abs(rooted, out=rooted)
    np.sqrt(rooted, out=rooted)
    codebook = learn_codebook(rooted, size)
    words = assign(rooted, codebook)
    table = histograms(words, owners, images, size)
    rarity = np.log(images / np.maximum(1.0, (table > 0).sum(axis=0)))
    return table * rarity
