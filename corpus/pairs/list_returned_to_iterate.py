"""Mean price and dearest article of a shop's orders."""


def arguments():
    return ([f"order{i};{i % 97}.{i % 10}0;{i % 7}" for i in range(60_000)],)


def orders(lines):
    found = []
    for line in lines:
        name, price, pieces = line.split(";")
        if pieces != "0":
            found.append({"name": name, "price": float(price), "pieces": int(pieces)})
    return found


def run(lines):
    total, pieces, dearest = 0.0, 0, ""
    highest = 0.0
    for order in orders(lines):
        total += order["price"] * order["pieces"]
        pieces += order["pieces"]
        if order["price"] > highest:
            highest, dearest = order["price"], order["name"]
    return total / pieces, dearest
