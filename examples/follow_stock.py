"""A program that signs in to the back office and follows the stock, live, from anywhere.

It reads every level once, then prints each change. The stream mends itself when the server
restarts; after a reset (the database was restored) it reads everything again.

Run it: ``python examples/follow_stock.py http://127.0.0.1:8000 EMAIL PASSWORD [CHANGES]``
"""

import re
import sys

import httpx

from commerce_core.stream import StockChange, StockDelay, StockReset, StockStream


def sign_in(base: str, email: str, password: str) -> str:
    """Return the cookie of a session, as a browser would get it."""
    with httpx.Client(base_url=base) as http:
        found = re.search(r'name="_csrf_token" value="(\w+)"', http.get("/login").text)
        assert found, "this is not the back office"
        form = {"_csrf_token": found[1], "email": email, "password": password}
        answer = http.post("/login", data=form)
        if answer.status_code != httpx.codes.SEE_OTHER:
            sys.exit(f"cannot sign in: {answer.status_code}")
        return "; ".join(f"{name}={value}" for name, value in http.cookies.items())


def main(base: str, email: str, password: str, changes: str = "") -> None:
    cookie = sign_in(base, email, password)
    left = int(changes) if changes else -1
    url = f"{base.rstrip('/')}/api/v1/stock/stream"
    with StockStream(url, headers={"cookie": cookie}) as stream:
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
