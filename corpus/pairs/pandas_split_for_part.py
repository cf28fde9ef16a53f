"""Hosts of the requests in a log."""

import pandas as pd


def arguments():
    urls = [f"https://host{i % 97}.example.org/shop/item/{i}/view/large/end" for i in range(40_000)]
    return (pd.DataFrame({"url": urls}),)


def run(log):
    log["host"] = log["url"].str.split("/").str[2]
    return log["host"].value_counts()
