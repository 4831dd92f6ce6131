"""`/metrics` for Prometheus, behind a token of its own: counts and ages, nothing about people or doors."""

from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from core.times import SECOND_US
from store.clock import now_us
from store.deliveries import PART, of_info
from store.rows import read_head
from store.touch import PartState, parts
from web.service import Service

_DELIVERED: Final = (
    ("delivered_size", "Records of the newest checkpoint that has arrived."),
    ("delivered_age_seconds", "Time since that checkpoint was signed."),
    ("behind_records", "Records sealed since that checkpoint."),
    ("undelivered", "1 while nothing has arrived for a minute."),
)
_STATES: Final = tuple(state.value for state in PartState)


class _Gatehouse(Collector):
    """Reads what is measured when it is asked for; on a thread that may use the store."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterable[Metric]:
        db, presence = self._service.parts.db, self._service.presence
        with db.read() as connection:
            head = read_head(connection)
        yield GaugeMetricFamily("gatehouse_log_head", "Id of the newest record.", value=head)
        yield GaugeMetricFamily("gatehouse_open_sockets", "Open websockets.", value=presence.count())
        streams = self._service.parts.hub.open_streams
        yield GaugeMetricFamily("gatehouse_open_streams", "Live screens.", value=streams)
        yield from self._parts()
        yield from self._checkpoints()

    def _checkpoints(self) -> Iterator[Metric]:
        now = now_us()
        info = next((one.info for one in parts(self._service.parts.db) if one.name == PART), None)
        if info is None:
            return
        told = of_info(info)
        yield GaugeMetricFamily("gatehouse_checkpoint_size", "Records sealed.", value=told.newest)
        size, age, behind, lost = (
            GaugeMetricFamily(f"gatehouse_checkpoint_{name}", text, labels=["destination"])
            for name, text in _DELIVERED
        )
        for one in told.each:
            size.add_metric([one.name], one.size)
            behind.add_metric([one.name], told.behind(one))
            lost.add_metric([one.name], float(one.lost))
            if one.at:
                age.add_metric([one.name], (now - one.at) / SECOND_US)
        yield from (size, age, behind, lost)

    def _parts(self) -> Iterator[Metric]:
        now = now_us()
        age = GaugeMetricFamily(
            "gatehouse_part_age_seconds", "Time since a part's last word.", labels=["part"]
        )
        state = GaugeMetricFamily(
            "gatehouse_part_state", "1 for the state a part is in.", labels=["part", "state"]
        )
        for part in parts(self._service.parts.db):
            age.add_metric([part.name], (now - part.at) / SECOND_US)
            for one in _STATES:
                state.add_metric([part.name, one], float(part.state.value == one))
        yield age
        yield state


class Metrics:
    """The route of `/metrics`; the gate has checked the token."""

    def __init__(self, service: Service) -> None:
        """Measure this service and its process."""
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Gatehouse(service))
        ProcessCollector(registry=self._registry)

    async def answer(self, _request: Request) -> Response:
        """Answer in Prometheus' text format; raises StoreError."""
        text = await run_in_threadpool(generate_latest, self._registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)
