"""Number and length of the words of a text."""

import re


def arguments():
    return (" ".join(f"word{i % 977}" for i in range(250_000)),)


def run(text):
    total = 0
    for word in re.findall(r"\w+", text):
        total += len(word)
    return total
