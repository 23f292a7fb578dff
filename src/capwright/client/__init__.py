"""A small typed client of the API, for programs and for the tests.

from capwright.client import Client
from capwright.exchange.messages import PlaceOrder

with Client("https://market.example.org", "client-id", "secret") as market:
    done = market.send(PlaceOrder(account, "GDEA", "buy", 4200, 100), key="order-1")
    for trade in market.trades(product="GDEA"):
        ...
    for message in market.follow("trades:GDEA", "book:GDEA"):
        ...
"""

from capwright.client.client import Client, Done, new_key
from capwright.client.refused import MarketRefused

__all__ = ["Client", "Done", "MarketRefused", "new_key"]
