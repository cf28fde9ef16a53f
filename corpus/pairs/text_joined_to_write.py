"""Write a table of readings as text."""


def arguments():
    return (400_000,)


def run(rows):
    with open("table.txt", "w") as table:
        table.write("".join([f"{i}\t{i * 0.5}\n" for i in range(rows)]))
    with open("table.txt") as table:
        return table.readline()
