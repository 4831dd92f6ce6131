"""An Axis device's MQTT event bridge: serial number in payloads, states retained, QoS 1 (all by settings)."""

from collections.abc import Iterator

from connectors.simulator.speaking import Publication, compact
from connectors.simulator.vendor import VendorDevice
from core.model import Door


class AxisDevice(VendorDevice):
    """What its event bridge says of whatever the device is."""

    def will(self) -> Publication:
        """Let the broker say that it is gone."""
        return self._connection(connected=False)

    def greeting(self, at: int) -> Iterator[Publication]:
        """Say that it is there, and publish every state anew."""
        yield self._connection(connected=True)
        for door in self.doors.values():
            yield from self.states_of(door, at)

    def states_of(self, door: Door, at: int) -> Iterator[Publication]:
        """Publish everything that lasts of a door."""
        raise NotImplementedError

    def _connection(self, *, connected: bool) -> Publication:
        return Publication(
            topic=f"{self.device.topic}/event/connection",
            payload=compact({"connected": connected}),
            retain=True,
        )

    def publish(
        self,
        topic: str,
        at: int,
        source: tuple[str, str] | None,
        data: dict[str, str],
        *,
        lasting: bool = True,
    ) -> Publication:
        """Publish an event; a state is retained under a topic of its own for each source."""
        path = topic.replace("onvif:", "tns:onvif/", 1).replace("axis:", "tns:axis/", 1)
        appended = f"/$source/{source[0]}/{source[1]}" if source else ""
        words = {
            "timestamp": at // 1000,
            "topic": topic,
            "serial": self.device.serial,
            "message": {"source": dict([source] if source else []), "key": {}, "data": data},
        }
        return Publication(
            topic=f"{self.device.topic}/event/{path}{appended}", payload=compact(words), retain=lasting
        )
