"""Vocabulary figures of a tokenised corpus."""


def arguments():
    return ([f"token{i % 5000}" for i in range(600_000)],)


def run(tokens):
    characters = sum([len(token) for token in tokens])
    longest = max([len(token) for token in tokens], default=0)
    return characters, longest, len(set([token.upper() for token in tokens]))
