"""The server's own part: ports, and errors in a session."""

from __future__ import annotations

import logging
import socket

import pytest

from workbench.app.notice import Notice, NoticeBar
from workbench.app.serve import serve
from workbench.app.shell import broken_page, report_exception
from workbench.errors import InputError, Location


def test_a_port_in_use_is_refused_with_another_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError) as refusal:
            serve(port=taken.getsockname()[1], open_browser=False)
    assert "cannot be used" in refusal.value.what
    assert "--port" in refusal.value.remedy


def test_errors_are_logged_and_worded(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        report_exception(RuntimeError("odd"))
    assert "Error in a browser session" in caplog.text


def test_bad_input_is_no_error_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        report_exception(InputError("No.", "Try another."))
    assert caplog.text == ""


def test_a_page_that_cannot_be_built_says_so() -> None:
    page = broken_page(RuntimeError("odd"))
    bar = page.main[0].select(lambda view: "odd" in str(getattr(view, "object", "")))
    assert bar


def test_a_notice_names_place_and_remedy() -> None:
    error = InputError("Not XML.", "Close the tag.", Location("a.xml", 3))
    notice = Notice.of(error)
    assert notice.text == "a.xml:3: Not XML."
    assert notice.remedy == "Close the tag."
    bar = NoticeBar()
    bar.say(notice)
    assert bar.notice == notice
