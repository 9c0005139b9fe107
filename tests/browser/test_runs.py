"""The Runs page in Chromium, over the real backend."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.gestures import open_talk
from tests.browser.plots import go_to

expect.set_options(timeout=30_000)  # a busy machine may take its time

LONG = 180_000  # a cold compile cache and a busy machine


@pytest.fixture
def runs(app: Page) -> Page:
    open_talk(app)
    go_to(app, "Runs")
    expect(app.locator(".launch")).to_be_visible()
    return app


def only(page: Page, group: str, *names: str) -> None:
    """Tick just these boxes of a group."""
    boxes = page.locator(f".{group}")
    for box in boxes.get_by_role("checkbox").all():
        name = box.evaluate("box => box.closest('label').innerText.trim()")
        box.set_checked(name in names)


def launch(page: Page, replications: int) -> Locator:
    """Press Run and return the rows of the new runs."""
    page.locator(".replications input").fill(str(replications))
    page.locator(".replications input").press("Enter")
    expect(page.locator(".extent")).to_contain_text(f"{replications} replication")
    page.locator(".launch button").click()
    return page.locator(".progress-list .run-row")


def test_a_run_from_the_form_to_its_log(runs: Page) -> None:
    only(runs, "choose-variants", "partitioned")
    only(runs, "choose-workloads", "insert")
    rows = launch(runs, 1)
    row = rows.last
    expect(row).to_contain_text("insert · partitioned")
    expect(row.locator("[data-status=done]")).to_be_visible(timeout=LONG)
    run_id = re.search(r"run (\d+)", row.locator(".show-log button").inner_text())
    assert run_id is not None
    line = runs.locator(f".history tr[data-run='{run_id[1]}']")
    expect(line).to_contain_text("1 / 1")
    expect(line).to_contain_text("done")
    expect(runs.locator(".log")).to_contain_text("blinktree3")
    runs.locator(".history-filter input").fill("partitioned nothing-like-this")
    expect(runs.locator(".history tbody tr")).to_have_count(0)
    runs.locator(".history-filter input").fill("partitioned")
    expect(line).to_be_visible()
    line.get_by_role("checkbox").check()
    runs.locator(".delete-runs button").click()
    expect(line).to_have_count(0)


def test_cancel_and_run_again(runs: Page) -> None:
    only(runs, "choose-variants", "time-shared")
    only(runs, "choose-workloads", "insert")
    row = launch(runs, 500).last
    expect(row.locator("[data-status=running]")).to_be_visible(timeout=LONG)
    expect(row).to_contain_text("of 500 replications")
    row.get_by_role("button", name="Cancel").click()
    expect(row.locator("[data-status=cancelled]")).to_be_visible(timeout=LONG)
    before = runs.locator(".progress-list .run-row").count()
    row.get_by_role("button", name="Run again").click()
    expect(runs.locator(".progress-list .run-row")).to_have_count(before + 1)
    again = runs.locator(".progress-list .run-row").last
    again.get_by_role("button", name="Cancel").click()
    expect(again.locator("[data-status=cancelled]")).to_be_visible(timeout=LONG)


def test_a_reload_and_a_second_tab_show_the_same_live_run(runs: Page) -> None:
    only(runs, "choose-variants", "time-shared")
    only(runs, "choose-workloads", "insert")
    launch(runs, 500)
    other = runs.context.new_page()
    other.goto(runs.url)
    go_to(other, "Runs")
    seen = other.locator(".progress-list .run-row").last
    expect(seen.locator("[data-status=running]")).to_be_visible(timeout=LONG)
    seen.get_by_role("button", name="Cancel").click()
    ended = runs.locator(".progress-list .run-row").last
    expect(ended.locator("[data-status=cancelled]")).to_be_visible(timeout=LONG)
    other.close()
    runs.reload()
    go_to(runs, "Runs")
    expect(runs.locator(".history tbody tr").first).to_contain_text("cancelled")


def test_a_parameter_is_found_set_and_recorded(runs: Page) -> None:
    only(runs, "choose-variants", "partitioned")
    only(runs, "choose-workloads", "insert")
    field = runs.locator(".choose-parameter input")
    field.fill("quantum")
    runs.get_by_role("option", name="quantum_ms").click()
    runs.locator(".parameter-value input").fill("1.5")
    runs.locator(".parameter-value input").press("Tab")
    runs.locator(".set-parameter button").click()
    expect(runs.locator(".unset-quantum_ms")).to_contain_text("quantum_ms = 1.5")
    row = launch(runs, 1).last
    expect(row.locator("[data-status=done]")).to_be_visible(timeout=LONG)
    expect(runs.locator(".history tbody tr").first).to_contain_text("quantum_ms=1.5")
    runs.locator(".unset-quantum_ms button").click()
    expect(runs.locator(".unset-quantum_ms")).to_have_count(0)


def test_every_parameter_names_its_source(runs: Page) -> None:
    runs.locator(".all-parameters").get_by_role("button").first.click()
    rows = runs.locator(".parameters tbody tr")
    expect(rows.filter(has_text="quantum_ms")).to_be_visible()
    for source in runs.locator(".parameters tbody td.source").all_inner_texts():
        assert source.strip()


def test_nothing_chosen_cannot_be_run(runs: Page) -> None:
    only(runs, "choose-variants")
    expect(runs.locator(".launch button")).to_be_disabled()
    expect(runs.locator(".extent")).to_contain_text("Choose at least one variant")
