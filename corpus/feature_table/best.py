"""Daily features of an online shop from its table of orders, with pandas."""

import pandas as pd

COUNTRY_TAX = {"DE": 0.19, "FR": 0.20, "IT": 0.22, "ES": 0.21}


def clean(orders: pd.DataFrame) -> pd.DataFrame:
    """Drop cancelled orders and those without a price."""
    kept = (orders["status"] != "cancelled") & orders["price"].notna()
    return orders.loc[kept, ["order", "country", "price", "quantity", "discount", "returned"]]


def revenue(table: pd.DataFrame) -> pd.Series:
    """Gross value of every order."""
    tax = table["country"].map(COUNTRY_TAX).astype(float)
    return table["price"] * table["quantity"] * (1.0 + tax)


def build_features(orders: pd.DataFrame, big: float = 150.0, top: int = 20) -> dict:
    """Collect what the forecast and the morning report need.

    The orders themselves are left as they are.
    """
    table = clean(orders)
    gross = revenue(table)
    returned = int(table["returned"].sum())
    is_big = table["price"] > big
    big_discount = table.loc[is_big, "discount"].mean()
    big_quantity = table.loc[is_big, "quantity"].sum()
    # the most valuable orders, for the account managers
    best = table.nlargest(top, "price")
    per_country = gross.groupby(table["country"], observed=True).sum()
    return {
        "orders": len(table),
        "returned_share": returned / max(1, len(table)),
        "big_discount": float(big_discount),
        "big_quantity": int(big_quantity),
        "best": best[["order", "price"]].reset_index(drop=True),
        "per_country": per_country,
    }
