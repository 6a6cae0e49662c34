#!/usr/bin/env python3
"""Facts from the outbox reach those they concern: who imported a list is told when it is in, and a refusal holds at once."""
import company
import hj
from test_api_door import Stream


def test_who_imported_is_told_when_the_list_is_in():
    c = company.Company()
    try:
        c.start().staff().line()
        stream = Stream(c.manager)
        c.import_list([("张三", "13900000001"), ("李四", "13900000002")])

        def told():
            """the manager has a notice of his import"""
            return [n for n in stream.has("notice") if n["kind"] == "import"]

        notice = hj.wait_for(told)[0]
        assert "新增 2" in notice["text_zh"] and notice["link"].startswith("/lists/imports/"), notice
        page = c.manager.ok("GET", "/api/v1/customers?sort=new")["items"]
        who = page[0]["id"]
        c.manager.ok("POST", f"/api/v1/customers/{who}/dnc", {"reason": "customer_request"})
        why = c.manager.ok("GET", f"/api/v1/customers/{who}/why")
        assert not why["dialable"] and why["code"] == "E_GATE_DNC_REQUEST", why
    finally:
        c.close()


if __name__ == "__main__":
    hj.run(globals())
