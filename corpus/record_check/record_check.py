"""Check a batch of annotation records before training and collect every problem in it."""


def normalise(record, problems):
    """The record with its label in lower case, or None with the reason added to `problems`."""
    identifier, text, label, confidence = record
    if not text.strip():
        problems.append((identifier, "empty text"))
        return None
    if not 0.0 <= confidence <= 1.0:
        problems.append((identifier, f"confidence {confidence:.2f}"))
        return None
    return {
        "id": identifier,
        "text": text.strip(),
        "label": label.lower(),
        "confidence": confidence,
        "weight": confidence**2,
    }


def check(records):
    """Whether all records are usable, and what is wrong with those that are not.

    The annotators get the whole list, so that they need only one round.
    """
    problems = []
    usable = all([normalise(record, problems) for record in records])
    if usable:
        return True, {}
    report = {}
    for identifier, reason in problems:
        report.setdefault(reason.split()[0], []).append(identifier)
    return False, report
