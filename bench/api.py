#!/usr/bin/env python3
"""How long people wait for a list of customers and a card, with a million customers in the database.

    bench/api.py [--engines sqlite,postgres] [--requests 400]

The real server over HTTP, two clients at once, each kept open, asking one after the other. Three of the people: an agent (own
customers), a supervisor (a team's), a manager (all). A list is the page as it opens, later pages, other orders, filters by
grade and status, the last digits of a number, a name; each kind as often as the others.
api_search_p99_ms stands apart: a part from the middle of a name nobody's begins with, for which every name is read.
The floor is the same server's answer to GET /healthz."""
import argparse
import http.client
import json
import random
import sys
import threading
import time
import urllib.parse

import crowd  # finds the scenario tests' helpers
import company
import hj
import line

PEOPLE = {"own": "1001", "teams": "2001", "all": "4001"}
LISTS = {
    "first": "", "page 3": "page=3", "page 40": "page=40", "by name": "sort=name", "by next contact": "sort=next",
    "newest": "sort=new", "grade": "grade=A", "status": "status=active&sort=new", "ending": "q=0013", "long ending": "q=5830013",
}


class Client:
    def __init__(self, firm, job_no):
        browser = hj.Http(firm.url)
        browser.log_in(job_no, company.PASSWORD)
        self.cookie = "; ".join(f"{c.name}={c.value}" for c in browser.jar)
        self.port = firm.http_port
        self.link = None

    def get(self, path):
        """(ms, value)"""
        began = time.perf_counter()
        if not self.link:
            self.link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.link.request("GET", path, headers={"Cookie": self.cookie})
        r = self.link.getresponse()
        data = r.read()
        ms = (time.perf_counter() - began) * 1000
        assert r.status == 200, (path, r.status, data[:300])
        return ms, data


def two_at_once(first, paths):
    """Asks for all paths, by two clients of one session; gives (path, ms) pairs."""
    took, lock = [], threading.Lock()

    def work(mine):
        c = Client.__new__(Client)
        c.cookie, c.port, c.link = first.cookie, first.port, None
        got = [(p, c.get(p)[0]) for p in mine]
        with lock:
            took.extend(got)

    threads = [threading.Thread(target=work, args=(paths[i::2],)) for i in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return took


def measure(b, firm, engine, scope, n, rng):
    c = Client(firm, PEOPLE[scope])
    ids, names = [], set()
    for page in range(1, 41, 3):
        items = json.loads(c.get(f"/api/v1/customers?size=100&page={page}&sort=new")[1])["items"]
        ids += [i["id"] for i in items]
        names |= {i["name"] for i in items}
    floor = [ms for _, ms in two_at_once(c, ["/healthz"] * n)]
    b.floor(round(line.pctl(floor, 99), 2), "ms", what="GET /healthz")
    kinds = {f"/api/v1/customers?size=50&{query}": name for name, query in LISTS.items()}
    kinds["/api/v1/customers?size=50&q=" + urllib.parse.quote(sorted(names)[0])] = "name"
    paths = [rng.choice(list(kinds)) for _ in range(n)]
    for p in kinds:  # once before, as a page that is in use
        c.get(p)
    took = two_at_once(c, paths)
    by_kind = {name: round(line.pctl([ms for p, ms in took if p == path], 99), 1) for path, name in kinds.items() if any(p == path for p, _ in took)}
    all_ms = [ms for _, ms in took]
    b.put("api_list_p99_ms", round(line.pctl(all_ms, 99), 1), "ms", engine=engine, scope=scope, customers=crowd.CUSTOMERS, requests=n,
          p50_ms=round(line.median(all_ms), 1), p99_by_kind=by_kind)
    cards = [ms for _, ms in two_at_once(c, [f"/api/v1/customers/{rng.choice(ids)}" for _ in range(n)])]
    b.put("api_card_p99_ms", round(line.pctl(cards, 99), 1), "ms", engine=engine, scope=scope, customers=crowd.CUSTOMERS, requests=n,
          p50_ms=round(line.median(cards), 1))
    inside = [ms for _, ms in two_at_once(c, ["/api/v1/customers?size=50&q=" + urllib.parse.quote("鑫淼")] * 6)]
    b.put("api_search_p99_ms", round(line.pctl(inside, 99), 1), "ms", engine=engine, scope=scope, customers=crowd.CUSTOMERS, requests=6)


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--engines", default="sqlite,postgres")
    a.add_argument("--scopes", default="own,teams,all")
    a.add_argument("--requests", type=int, default=400)
    a = a.parse_args()
    b = line.Bench("api")
    for name in a.engines.split(","):
        with crowd.engine(name) as engine:
            engine.template("million")
            url, key = engine.copy("million", "api")
            firm = crowd.Firm(url, key.parent)
            try:
                firm.restart()
                for scope in a.scopes.split(","):
                    measure(b, firm, name, scope, a.requests, random.Random(7))
            finally:
                firm.close()
                engine.drop("api")


if __name__ == "__main__":
    sys.exit(main())
