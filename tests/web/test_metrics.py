"""What `/metrics` measures of where checkpoints go."""

import re

from starlette.applications import Starlette
from starlette.routing import Route

from core.times import SECOND_US
from store.clock import now_us
from store.deliveries import PART, Delivered, Deliveries, to_info
from store.touch import Part, PartState, report_part
from tests.web.client import TestClient
from tests.web.conftest import Console
from web.metrics import Metrics


def test_each_destination_of_checkpoints_has_its_size_age_and_lag_and_no_address(console: Console) -> None:
    lost = Delivered(name="syslog", where="udp://10.0.0.7:514", lost=True, trouble="it answers 500")
    well = Delivered(name="folder", where="/mnt/x", size=40, at=now_us() - 90 * SECOND_US)
    info = to_info(Deliveries(each=(well, lost), newest=41))
    app = Starlette(routes=[Route("/metrics", Metrics(console.service).answer)])
    with TestClient(app) as client:
        before = client.get("/metrics").text
        report_part(console.db, Part(name=PART, state=PartState.DEGRADED, at=now_us(), info=info))
        text = client.get("/metrics").text

    assert "gatehouse_checkpoint" not in before
    for line in (
        "gatehouse_checkpoint_size 41.0",
        'gatehouse_checkpoint_delivered_size{destination="folder"} 40.0',
        'gatehouse_checkpoint_behind_records{destination="folder"} 1.0',
        'gatehouse_checkpoint_behind_records{destination="syslog"} 41.0',
        'gatehouse_checkpoint_undelivered{destination="syslog"} 1.0',
        'gatehouse_checkpoint_undelivered{destination="folder"} 0.0',
    ):
        assert line in text.splitlines()
    assert re.search(r'delivered_age_seconds\{destination="folder"\} 9\d\.', text)
    assert 'age_seconds{destination="syslog"}' not in text
    assert "10.0.0.7" not in text
    assert "it answers" not in text
