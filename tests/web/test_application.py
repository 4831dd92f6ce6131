"""What the web process does by itself beside answering."""

import asyncio
from pathlib import Path

import pytest

from auth.current import the
from core.errors import StoreUnavailable
from tests.auth.people import peopled_store
from tests.web.conftest import URL, Console, SomeSettings
from web import application
from web.service import Service


def test_the_process_reports_again_whatever_one_report_meets(
    console: Console, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(application, "_REPORT_S", 0.01)
    errors: list[Exception] = [StoreUnavailable("busy"), RuntimeError("a bug")]
    done = asyncio.Event()

    def report(*_args: object) -> None:
        if errors:
            raise errors.pop(0)
        loop.call_soon_threadsafe(done.set)

    async def follow() -> None:
        task = asyncio.create_task(application._report(console.service))
        await asyncio.wait_for(done.wait(), 5)
        task.cancel()

    monkeypatch.setattr(application, "report_web", report)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(follow())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    assert "reference=" in caplog.text


def test_what_proves_acts_is_there_from_the_start(tmp_path: Path) -> None:
    settings = SomeSettings(data=tmp_path / "data")
    peopled_store(settings.data).close()
    service = Service(settings=settings)
    opened = application._open(service)
    try:
        services = the()
    finally:
        opened.tail.start()
        application._close(service)

    assert services.public_url == URL
    assert services.step_up is opened.identity.proofs
