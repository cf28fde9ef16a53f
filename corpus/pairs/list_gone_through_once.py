"""Mean reading of a sensor log, in stages."""


def arguments():
    return ([f"{i};sensor{i % 7};{i % 1000 / 10}" for i in range(60_000)],)


def run(lines):
    fields = [line.split(";") for line in lines]
    readings = [(name, float(value)) for _, name, value in fields]
    total, count = 0.0, 0
    for name, value in readings:
        if name != "sensor3":
            total += value
            count += 1
    return total / count
