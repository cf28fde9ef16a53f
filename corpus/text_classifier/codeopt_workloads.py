import random

from codeopt import Call, workload


@workload("text_classifier.py::train_and_score")
def topics(scale: float, seed: int) -> Call:
    """Two topics that prefer different ends of one vocabulary."""
    rng = random.Random(seed)
    size = max(20, int(2500 * scale))
    words = [f"word{i}" for i in range(size)]

    def corpus(count):
        labels = [i % 2 for i in range(count)]
        texts = []
        for label in labels:
            bias = [int(size * rng.random() ** (2 if label else 1)) for _ in range(12)]
            texts.append(" ".join(words[i] for i in bias))
        return texts, labels

    train_texts, train_labels = corpus(max(12, int(1500 * scale)))
    test_texts, test_labels = corpus(max(4, int(500 * scale)))
    return Call(args=(train_texts, train_labels, test_texts, test_labels))
