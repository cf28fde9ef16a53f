"""Highest and mean load of the machines that answered."""


def arguments():
    return ([f"host{i % 50},{i % 1000 / 10}" if i % 9 else "" for i in range(90_000)],)


def run(lines):
    answers = []
    for line in lines:
        if line:
            answers.append(line.split(","))
    total, count, highest = 0.0, 0, 0.0
    for _, load in answers:
        total += float(load)
        count += 1
        highest = max(highest, float(load))
    return total / count, highest
