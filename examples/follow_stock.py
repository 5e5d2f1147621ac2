"""A program that follows the stock of a back office, live, from anywhere.

It reads every level once, then prints each change. The stream mends itself when the server
restarts; after a reset (the database was restored) it reads everything again.

Run it: ``python examples/follow_stock.py http://127.0.0.1:8000 TOKEN [CHANGES]``
(``commerce token add EMAIL --name "price board"`` prints a token)
"""

import sys

from commerce_core.stream import StockChange, StockDelay, StockReset, StockStream


def main(base: str, token: str, changes: str = "") -> None:
    left = int(changes) if changes else -1
    url = f"{base.rstrip('/')}/api/v1/stock/stream"
    with StockStream(url, token=token) as stream:
        known = {level.key: level for level in stream.read_all().levels}
        print(f"{len(known)} levels", flush=True)
        for item in stream:
            match item:
                case StockChange():
                    before = known.get(item.key)
                    was = before.on_hand if before else 0
                    known[item.key] = item
                    print(f"{item.sku} at {item.location}: {was} -> {item.on_hand}", flush=True)
                    left -= 1
                case StockReset():
                    known = {level.key: level for level in stream.read_all().levels}
                    print(f"read again ({item.reason}): {len(known)} levels", flush=True)
                case StockDelay():
                    print(f"the numbers are {item.seconds} s old", flush=True)
            if left == 0:
                return


if __name__ == "__main__":
    main(*sys.argv[1:])
